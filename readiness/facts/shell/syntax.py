"""Reads the grammar of shell without running it: one linear pass, at home with broken scripts.

tree-sitter-bash was tried: it takes seconds for what no shell would accept, and all memory for
`a|` written 200,000 times.
"""

from __future__ import annotations

import re

from readiness.facts.shell.model import Choice, Draft, Frame
from readiness.facts.shell.places import UNKNOWN, Places, join, place_functions
from readiness.facts.shell.words import BLANKS, MAX_EXPANSION, PLAIN_WORDS, Words

MAX_COMMANDS = 20_000
MAX_DEPTH = 40  # of nested substitutions
MAX_FRAMES = 100  # of nested compound commands

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]]{0,100}\])?\+?=")
_REDIRECTION = re.compile(r"&>>?|<<-|<<<|<<|<&|<>|>>|>&|>\||[<>]")
_EMPTY_PARENTHESES = re.compile(r"[ \t]*\([ \t]*\)")
_OPTIONS = re.compile(r"-[a-zA-Z]+")
_SPACE = re.compile(r"\s*")
_IDLE_LINES = re.compile(r"(?:[ \t\r]*(?:#[^\n]*)?\n){1,1000}")
_IN = re.compile(r"\s+in(?=\s)")

_LOOPS = frozenset(("while", "until", "for", "select"))
_OPENERS = _LOOPS | {"if", "case", "{"}
_CLOSERS = {"fi": "if", "done": "loop", "esac": "case", "}": "{"}
_RESERVED = _OPENERS | frozenset(_CLOSERS) | {"then", "elif", "else", "do", "!", "function", "time"}
_LEAVES = frozenset(("exit", "return", "exec", "break", "continue"))


class Reader(Words):
    """Reads one piece of shell on construction: what runs, in which order, and where."""

    def __init__(self, text: str, first_line: int = 1, pipefail: bool = False) -> None:
        super().__init__(text, first_line)
        self.commands: list[Draft] = []
        self.choices: list[Choice] = []
        self.assigned: list[tuple[int, str]] = []  # after how many commands, which variable
        self.places = Places()
        self.sources: list[str] = []
        self.errexit = False
        self.pipefail = pipefail
        self._depth = 0
        self._draft: Draft | None = None
        self._function = ""  # whose body comes next
        self._frames = [Frame("", 0)]
        self._program("")
        while len(self._frames) > 1:
            self._close(self._frames[-1].kind)
        place_functions(self.commands, self.places)

    # -- the grammar

    def _program(self, stop: str) -> None:
        text, end, floor = self.text, len(self.text), len(self._frames)
        while self.position < end:
            char = text[self.position]
            if char in BLANKS and self.skip_blanks():
                continue
            if len(self.commands) >= MAX_COMMANDS:
                self.complete, self.position = False, end
                break
            if char == "#":
                self.skip_line()
            elif char == "\n":
                self.position += 1
                if self._draft is not None or not self._frames[-1].open_ended:
                    self._end_list()
                if self._heredocs:
                    self.skip_heredocs()
                self.skip(_IDLE_LINES)
            elif char == ")" == stop and len(self._frames) <= floor and not self._in_pattern():
                break
            elif char in ";&|()<>":
                self._operator(char)
            else:
                self._word_or_keyword()
        self._end_list()

    def _operator(self, char: str) -> None:
        two = self.text[self.position : self.position + 2]
        if char in "<>" or two == "&>":
            self._redirect()
            return
        if char == "(":
            self._parenthesis()
            return
        frame = self._frames[-1]
        doubled = two in ("&&", "||", "|&", ";;", ";&")
        self.position += 1 + doubled
        if char == ";":
            self._end_list()
            if doubled:
                self.position += self.text.startswith("&", self.position)
                if frame.kind == "case":
                    self._end_branch(frame, "pattern")
        elif two in ("&&", "||"):
            self._end_command()
            self._end_right()
            frame.joined = frame.open_ended = True
            frame.pipe = len(self.commands)
            frame.right = len(self.commands) if two == "||" else -1
        elif char == "|":
            if not self._in_pattern():
                self._end_command()
                for draft in self.commands[frame.pipe :]:
                    draft.piped = not self.pipefail
                frame.pipe = len(self.commands)
                frame.open_ended = True
        elif char == "&":
            self._end_command()
            for draft in self.commands[frame.list :]:
                draft.background = True
            self._end_list()
        elif self._in_pattern():  # its closing parenthesis
            self._draft = None
            frame.phase = "body"
        else:
            self._close("(")

    def _in_pattern(self) -> bool:
        return self._frames[-1].phase == "pattern"

    def _parenthesis(self) -> None:
        draft = self._draft
        if draft is None and not self._in_pattern():
            if self.text.startswith("((", self.position) and self.skip_arithmetic():
                return
            self.position += 1
            self._open("(")
        elif draft and len(draft.words) == 1 and self.skip(_EMPTY_PARENTHESES):
            self._function = draft.words[0]
            self._draft = None
        else:
            self.position += 1

    def _word_or_keyword(self) -> None:
        start = self.position
        draft = self._draft
        if draft and draft.words and (plain := PLAIN_WORDS.match(self.text, start)):
            draft.words += plain[0].split()
            self.position = plain.end()
            return
        if draft is None and self.text.startswith("[[", start):
            draft = self._begin(start)
            draft.words.append("[[")
            self.position += 2
            self.test_words(draft.words)
            return
        value, quoted = self.word()
        if self.position == start:  # a lone character that nothing else took
            self.position += 1
            return
        if draft is None and not quoted:
            if self._in_pattern():
                if value == "esac":
                    self._close("case")
                return
            if value in _RESERVED:
                self._keyword(value)
                return
        draft = self._draft or self._begin(start)
        assignment = None if draft.words else _ASSIGNMENT.match(self.text, start)
        if assignment is None:
            draft.words.append(value)
        elif self.text.startswith("(", self.position) and self.position == assignment.end():
            self.skip_array()
            draft.assignments.append((assignment[1], "(...)"))
        else:
            draft.assignments.append((assignment[1], value[assignment.end() - start :]))

    def _keyword(self, word: str) -> None:
        frame = self._frames[-1]
        if word in _OPENERS:
            self._open(word)
        elif word in _CLOSERS:
            self._close(_CLOSERS[word])
        elif word in ("then", "do"):
            if frame.phase == "test":
                self._end_test(frame)
        elif word in ("elif", "else"):
            if frame.kind == "if":
                self._end_branch(frame, "test" if word == "elif" else "body")
                frame.conditional = True
                if frame.choice and word == "else":
                    frame.choice.closed = True
                    frame.choice.branches.append((len(self.commands), len(self.commands)))
        elif word == "!":
            choice = frame.choice
            if choice and frame.phase == "test" and choice.test[0] == len(self.commands):
                choice.negated = True
        elif word == "function":
            self.skip_blanks()
            self._function = self.word()[0]
            self.skip(_EMPTY_PARENTHESES)

    def _open(self, kind: str) -> None:
        parent = self._frames[-1]
        parent.open_ended = False
        if len(self._frames) >= MAX_FRAMES:
            self.complete = False
            return
        number = len(self.commands)
        frame = Frame(kind, number, function=parent.function, entry=self.places.directory)
        frame.list = frame.pipe = number
        frame.looped = parent.looped or kind in _LOOPS
        frame.phase = "test" if kind in ("if", "while", "until") else "body"
        frame.conditional = parent.conditional or parent.joined or kind in ("for", "select", "case")
        if self._function:
            frame.is_function, frame.conditional = True, False
            frame.function, self._function = self._function, ""
            self.places.functions.setdefault(frame.function, "")
            self.places.directory = ""
        if kind == "if":
            frame.choice = Choice(self.line(self.position - 1), (number, number))
            frame.choice.looped, frame.choice.function = frame.looped, frame.function
            self.choices.append(frame.choice)
        self._frames.append(frame)
        if kind == "case":
            self.skip(_SPACE)
            self.word()
            self.skip(_IN)
            frame.phase = "pattern"
        elif kind in ("for", "select"):
            self._skip_loop_head()

    def _skip_loop_head(self) -> None:
        """Skips `x in a b` or `((...))` up to what ends it."""
        while self.position < len(self.text):
            if self.skip_blanks():
                continue
            if self.text.startswith("((", self.position) and self.skip_arithmetic():
                continue
            if self.text[self.position] in ";\n&|)":
                return
            before = self.position
            self.word()
            self.position += self.position == before

    def _end_test(self, frame: Frame) -> None:
        number = len(self.commands)
        choice = frame.choice
        for draft in self.commands[choice.test[0] if choice else frame.start :]:
            draft.tested = True
        if choice:
            if not choice.branches:
                choice.test = (frame.start, number)
            choice.branches.append((number, number))
        frame.conditional = True
        frame.phase = "body"

    def _end_branch(self, frame: Frame, phase: str) -> None:
        leaves = bool(self.commands) and self.commands[-1].words[0] in _LEAVES
        if frame.phase == "body" and not leaves:
            frame.exits.append(self.places.directory)
        self.places.directory = frame.entry
        if frame.choice and frame.choice.branches:
            frame.choice.branches[-1] = (frame.choice.branches[-1][0], len(self.commands))
        frame.phase = phase

    def _close(self, kind: str) -> None:
        """Ends the innermost open command of a kind, and those that were left open in it."""
        for depth in range(len(self._frames) - 1, max(0, len(self._frames) - 6), -1):
            opened = self._frames[depth].kind
            if opened == kind or (kind == "loop" and opened in _LOOPS):
                break
        else:
            return
        while len(self._frames) > depth:
            self._end_list()
            frame = self._frames.pop()
            if frame.is_function:
                end = "" if frame.kind == "(" else self.places.directory
                self.places.functions[frame.function] = end
                self.places.directory = frame.entry
            elif frame.kind == "(":
                self.places.directory = frame.entry
            elif frame.kind != "{":
                self._end_branch(frame, "body")
                left = any(place != frame.entry for place in frame.exits)
                self.places.directory = UNKNOWN if left else frame.entry

    # -- lists and simple commands

    def _begin(self, position: int) -> Draft:
        self._draft = Draft(self.line(position))
        self._frames[-1].open_ended = False
        return self._draft

    def _end_command(self) -> None:
        draft, self._draft = self._draft, None
        if draft is None:
            return
        if not draft.words:
            for name, value in draft.assignments:
                self.places.assign(name, value)
                self.assigned.append((len(self.commands), name))
            return
        frame = self._frames[-1]
        draft.directory = self.places.directory
        draft.function = frame.function
        draft.conditional = frame.conditional or frame.joined
        self.commands.append(draft)
        self._builtin(draft.words)

    def _builtin(self, words: list[str]) -> None:
        name = words[0]
        if name == "set":
            short = "".join(word for word in words[1:] if _OPTIONS.fullmatch(word))
            self.errexit |= "e" in short or "errexit" in words
            if "pipefail" in words:
                self.pipefail = words[words.index("pipefail") - 1][:1] == "-"
        elif name in ("source", "."):
            self.sources += words[1:2]
        elif name in ("export", "readonly", "local", "declare", "typeset"):
            for word in words[1:]:
                if match := _ASSIGNMENT.match(word):
                    self.places.assign(match[1], word[match.end() :])
        else:
            self.places.run(words)

    def _end_right(self) -> None:
        """The command after `||` has ended: it is the fallback of those before it."""
        frame = self._frames[-1]
        if frame.right < 0:
            return
        right = self.commands[frame.right : frame.right + 8]
        fallback = "; ".join(" ".join(draft.words) for draft in right)[:MAX_EXPANSION]
        for draft in self.commands[frame.list : frame.right]:
            draft.fallback = draft.fallback or fallback
        frame.list = frame.right
        frame.right = -1

    def _end_list(self) -> None:
        self._end_command()
        self._end_right()
        frame = self._frames[-1]
        frame.joined = frame.open_ended = False
        frame.list = frame.pipe = len(self.commands)

    # -- redirections and substitutions

    def _redirect(self) -> None:
        start, draft = self.position, self._draft
        self.skip(_REDIRECTION)
        operator = self.text[start : self.position]
        if operator in "<>" and self.text.startswith("(", self.position):
            self.position += 1
            self.substitution()
            if draft:
                draft.words.append(operator + "(...)")
            return
        if draft and draft.words and draft.words[-1].isdigit() and self.text[start - 1].isdigit():
            draft.words.pop()  # the number of the stream
        self.skip_blanks()
        target, _ = self.word()
        if operator in ("<<", "<<-"):
            self.heredoc(target, operator == "<<-")
        elif "<" not in operator and not target.isdigit() and target not in ("", "-"):
            owner = draft or (self.commands[-1] if self.commands else None)
            if owner and not target.startswith("/dev/"):
                owner.writes.append(target)

    def substitution(self) -> None:
        if self._depth >= MAX_DEPTH:
            self.complete = False
            return
        self._depth += 1
        saved = self._frames, self._draft, self._heredocs, self._function, self.pipefail
        directory, parent, number = self.places.directory, self._frames[-1], len(self.commands)
        frame = Frame("", number, parent.conditional or parent.joined, parent.function)
        frame.list = frame.pipe = number
        self._frames, self._draft, self._heredocs, self._function = [frame], None, [], ""
        self._program(")")
        self.position += self.text.startswith(")", self.position)
        self._frames, self._draft, self._heredocs, self._function, self.pipefail = saved
        self.places.directory = directory
        self._depth -= 1

    def backticks(self, text: str, position: int) -> None:
        inner = Reader(text, self.line(position), self.pipefail).commands if text.strip() else []
        for draft in inner:
            draft.directory = join(self.places.directory, draft.directory)
            draft.function = self._frames[-1].function
        self.commands += inner
