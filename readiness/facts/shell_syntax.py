"""Reads shell without running it: one pass, linear in the text, at home with broken scripts.

tree-sitter-bash was tried and is not bounded: `a|` repeated 200,000 times takes all memory.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from posixpath import normpath

MAX_TEXT = 1_000_000  # characters of one script that are read
MAX_COMMANDS = 20_000
MAX_DEPTH = 40  # of nested substitutions
MAX_FRAMES = 100  # of nested compound commands
MAX_EXPANSION = 300  # characters of an expansion that are kept in a word

_BLANKS = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_PLAIN = re.compile(r"[^\s\\'\"$`;&|<>()]+")
_QUOTED = re.compile(r'[^"\\$`]+')
_NAME = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]]{0,100}\])?\+?=")
_BRACKET = re.compile(r"\]\](?=[\s;&|)]|$)")
_OPENERS = frozenset(("if", "while", "until", "for", "select", "case", "{"))
_RESERVED = _OPENERS | {"then", "elif", "else", "fi", "do", "done", "esac", "}", "!", "function"}
_RESERVED = _RESERVED | {"time", "coproc"}
_LEAVES = frozenset(("exit", "return", "exec", "break", "continue"))

_SELF = r"\"?\$\{?(?:0|BASH_SOURCE(?:\[0\])?(?::-\$0)?|\(%\):-%[xN])\}?\"?"
_HERE = re.compile(
    rf"\$\(\s*dirname\s+(?:--\s+)?(?:{_SELF}|\"?\$\(\s*(?:readlink\s+-f|realpath)\s+{_SELF}\s*\)\"?)"
    r"\s*\)|\$\{(?:0|BASH_SOURCE(?:\[0\])?)%/\*\}"
)
_ROOT = re.compile(r"\$\(\s*git rev-parse --show-toplevel(?:\s+2>\s*/dev/null)?\s*\)")
_PARENT = re.compile(r"\$\(\s*dirname\s+(?:--\s+)?\"?([@\w./-]+)\"?\s*\)")
_PWD = re.compile(
    r"\$\(\s*(?:builtin\s+)?cd\s+(?:-P\s+)?(?:--\s+)?\"?([@\w./-]+)\"?"
    r"\s*(?:&?>\s*/dev/null\s*(?:2>&1)?)?\s*(?:&&|;)\s*pwd(?:\s+-P)?\s*\)"
    r"|\$\(\s*(?:readlink\s+-f|realpath)\s+\"?([@\w./-]+)\"?\s*\)"
)
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")


class Draft:
    """A command that is being read; `tested`: an if, while or `!` asks for its exit status."""

    __slots__ = (
        "assignments", "background", "conditional", "directory", "fallback", "function", "line",
        "piped", "tested", "words", "writes",
    )  # fmt: skip

    def __init__(self, line: int) -> None:
        self.line = line
        self.words: list[str] = []
        self.assignments: list[tuple[str, str]] = []
        self.writes: list[str] = []
        self.directory = ""
        self.fallback = ""
        self.function = ""
        self.piped = self.background = self.conditional = self.tested = False


class Choice:
    """An if statement: the commands (by their number) of its first test and of its branches."""

    __slots__ = ("branches", "line", "negated", "test")

    def __init__(self, line: int, start: int) -> None:
        self.line = line
        self.negated = False
        self.test = (start, start)
        self.branches: list[tuple[int, int]] = []


class _Frame:
    """A compound command that is open, and the and-or list that is being read in it."""

    __slots__ = (
        "after_operator", "choice", "conditional", "directories", "entry", "function", "joined",
        "kind", "list_start", "phase", "pipe_start", "right_start", "start",
    )  # fmt: skip

    def __init__(self, kind: str, conditional: bool, function: str, entry: str, at: int) -> None:
        self.kind = kind
        self.conditional = conditional
        self.function = function
        self.entry = entry  # the directory when it was opened
        self.directories: list[str] = []  # those that its branches ended in
        self.phase = "test" if kind in ("if", "while", "until") else "body"
        self.choice: Choice | None = None
        self.joined = False  # after && or ||
        self.after_operator = False  # a newline does not end the list here
        self.start = self.list_start = self.pipe_start = at
        self.right_start = -1  # of the command after ||


class Reader:
    """Reads one piece of shell; the results are `commands`, `functions`, `variables`, `choices`.

    `complete` is false where something was left out (too long, too deep, unterminated).
    """

    def __init__(self, text: str, first_line: int = 1, pipefail: bool = False) -> None:
        self.complete = len(text) <= MAX_TEXT
        self.text = text if self.complete else text[:MAX_TEXT]
        self.commands: list[Draft] = []
        self.functions: dict[str, str] = {}  # name -> where it leaves its caller, "" for there
        self.variables: dict[str, str] = {}
        self.choices: list[Choice] = []
        self.sources: list[str] = []
        self.errexit = False
        self.pipefail = pipefail
        self._first_line = first_line
        self._newlines = [match.start() for match in re.finditer("\n", self.text)]
        self._position = 0
        self._depth = 0
        self._failures = 0
        self._directory = ""
        self._previous = "?"
        self._stack: list[str] = []
        self._heredocs: list[tuple[str, bool]] = []
        self._draft: Draft | None = None
        self._function = ""  # a function's name whose body comes next
        self._frames = [_Frame("", False, "", "", 0)]
        self._program("")
        while len(self._frames) > 1:
            self._close(self._frames[-1].kind)
        self._place_functions()

    def line(self, position: int) -> int:
        """The line in the file of a position in the text."""
        return self._first_line + bisect_right(self._newlines, position - 1)

    # -- the grammar

    def _program(self, stop: str) -> None:
        text, end, floor = self.text, len(self.text), len(self._frames)
        while self._position < end and len(self.commands) < MAX_COMMANDS:
            blanks = _BLANKS.match(text, self._position)
            if blanks:
                self._position = blanks.end()
                continue
            char = text[self._position]
            if char == "#":
                newline = text.find("\n", self._position)
                self._position = end if newline < 0 else newline
            elif char == "\n":
                self._position += 1
                self._newline()
            elif char == ")" and stop == ")" and len(self._frames) <= floor:
                if not self._is_pattern():
                    break
                self._position += 1
                self._pattern_ends()
            elif char in ";&|()<>":
                self._operator(char)
            else:
                self._word_or_keyword()
        else:
            if self._position < end:
                self.complete = False
        self._end_list()

    def _newline(self) -> None:
        frame = self._frames[-1]
        if self._draft is not None or not frame.after_operator:
            self._end_list()
        for delimiter, tabs in self._heredocs:
            self._skip_heredoc(delimiter, tabs)
        self._heredocs = []

    def _skip_heredoc(self, delimiter: str, tabs: bool) -> None:
        start = self._position
        while start < len(self.text):
            newline = self.text.find("\n", start)
            stop = len(self.text) if newline < 0 else newline
            if stop - start <= len(delimiter) + 80:
                content = self.text[start:stop].rstrip("\r")
                if (content.lstrip("\t") if tabs else content) == delimiter:
                    self._position = min(stop + 1, len(self.text))
                    return
            start = stop + 1
        self.complete = False
        self._position = len(self.text)

    def _operator(self, char: str) -> None:
        text, position, frame = self.text, self._position, self._frames[-1]
        two = text[position : position + 2]
        if char in "<>" or two == "&>":
            self._redirect()
        elif char == ";":
            self._position += 2 if two in (";;", ";&") else 1
            self._end_list()
            if two in (";;", ";&"):
                if text.startswith("&", self._position):
                    self._position += 1
                if frame.kind == "case":
                    self._branch_ends(frame, "pattern")
        elif two in ("&&", "||"):
            self._position += 2
            self._end_command()
            self._end_right()
            frame.joined = frame.after_operator = True
            frame.pipe_start = len(self.commands)
            if two == "||":
                frame.right_start = len(self.commands)
        elif char == "|":
            if self._is_pattern():
                self._position += 1
                return
            self._position += 2 if two == "|&" else 1
            self._end_command()
            if not self.pipefail:
                for draft in self.commands[frame.pipe_start :]:
                    draft.piped = True
            frame.pipe_start = len(self.commands)
            frame.after_operator = True
        elif char == "&":
            self._position += 1
            self._end_command()
            for draft in self.commands[frame.list_start :]:
                draft.background = True
            self._end_list()
        elif char == "(":
            self._parenthesis()
        else:
            self._position += 1
            if self._is_pattern():
                self._pattern_ends()
            else:
                self._close("(")

    def _is_pattern(self) -> bool:
        frame = self._frames[-1]
        return frame.kind == "case" and frame.phase == "pattern"

    def _pattern_ends(self) -> None:
        self._draft = None
        self._frames[-1].phase = "body"

    def _parenthesis(self) -> None:
        text, position = self.text, self._position
        draft = self._draft
        if self._is_pattern():
            self._position += 1
        elif draft is None:
            if text.startswith("((", position) and self._skip_arithmetic():
                return
            self._position += 1
            self._open("(")
        else:
            self._position += 1
            blanks = _BLANKS.match(text, self._position)
            after = blanks.end() if blanks else self._position
            if len(draft.words) == 1 and text.startswith(")", after):
                self._position = after + 1
                self._function = draft.words[0]
                self._draft = None

    def _skip_arithmetic(self) -> bool:
        if self._failures > 8:
            return False
        depth = 0
        for match in re.compile(r"[()]").finditer(self.text, self._position):
            depth += 1 if match[0] == "(" else -1
            if depth == 1 and match[0] == ")" and self.text.startswith(")", match.end()):
                self._position = match.end() + 1
                return True
            if depth <= 0:
                break
        self._failures += 1
        return False

    def _word_or_keyword(self) -> None:
        start = self._position
        draft = self._draft
        if draft is None and self.text.startswith("[[", start):
            found = _BRACKET.search(self.text, start)
            draft = self._begin(start)
            stop = found.end() if found else self.text.find("\n", start)
            self._position = stop if stop >= 0 else len(self.text)
            draft.words += self.text[start : self._position][:2000].split()
            return
        value, quoted = self._word()
        if self._position == start:  # a lone character that nothing else took
            self._position += 1
            return
        if draft is None:
            if not quoted and self._is_pattern():
                if value == "esac":
                    self._close("case")
                return
            if not quoted and value in _RESERVED:
                self._keyword(value)
                return
        draft = self._draft or self._begin(start)
        if not draft.words and (match := _ASSIGNMENT.match(self.text, start)):
            name = match[1]
            prefix = match.end() - start
            if self.text.startswith("(", self._position) and len(value) == prefix:
                self._skip_array()
                draft.assignments.append((name, "(...)"))
            else:
                draft.assignments.append((name, value[prefix:]))
            return
        draft.words.append(value)

    def _skip_array(self) -> None:
        self._position += 1
        while self._position < len(self.text):
            char = self.text[self._position]
            if char == ")":
                self._position += 1
                return
            before = self._position
            if char == "#":
                newline = self.text.find("\n", before)
                self._position = len(self.text) if newline < 0 else newline
            elif not char.isspace():
                self._word()
            if self._position == before:
                self._position += 1
        self.complete = False

    def _keyword(self, word: str) -> None:
        frame = self._frames[-1]
        if word in _OPENERS:
            self._open(word)
            if word in ("for", "select", "case"):
                self._skip_head(word)
        elif word in ("then", "do"):
            if frame.phase == "test":
                self._test_ends(frame)
            frame.phase = "body"
        elif word in ("elif", "else"):
            if frame.kind == "if":
                self._branch_ends(frame, "test" if word == "elif" else "body")
                frame.conditional = True
        elif word in ("fi", "done", "esac", "}"):
            kinds = {"fi": "if", "done": "loop", "esac": "case", "}": "{"}
            self._close(kinds[word])
        elif word == "!":
            if (
                frame.phase == "test"
                and frame.choice
                and frame.choice.test[0] == len(self.commands)
            ):
                frame.choice.negated = True
        elif word == "function":
            blanks = _BLANKS.match(self.text, self._position)
            if blanks:
                self._position = blanks.end()
            self._function = self._word()[0]
            if empty := re.compile(r"[ \t]*\([ \t]*\)").match(self.text, self._position):
                self._position = empty.end()

    def _skip_head(self, word: str) -> None:
        """What stands between `for` or `select` and `do`, or between `case` and `in`."""
        if word == "case":
            head = re.compile(r"\s*").match(self.text, self._position)
            self._position = head.end() if head else self._position
            self._word()
            head = re.compile(r"\s+in(?=\s)").match(self.text, self._position)
            self._position = head.end() if head else self._position
            self._frames[-1].phase = "pattern"
            return
        while self._position < len(self.text):
            blanks = _BLANKS.match(self.text, self._position)
            if blanks:
                self._position = blanks.end()
                continue
            if self.text.startswith("((", self._position) and self._skip_arithmetic():
                continue
            if self.text[self._position] in ";\n&|)":
                return
            before = self._position
            self._word()
            self._position += self._position == before

    def _test_ends(self, frame: _Frame) -> None:
        start = frame.start
        if frame.choice:
            if not frame.choice.branches:
                frame.choice.test = (frame.choice.test[0], len(self.commands))
            start = frame.choice.branches[-1][1] if frame.choice.branches else frame.choice.test[0]
            frame.choice.branches.append((len(self.commands), len(self.commands)))
        for draft in self.commands[start:]:
            draft.tested = True
        frame.conditional = True

    def _branch_ends(self, frame: _Frame, phase: str) -> None:
        leaves = bool(self.commands) and self.commands[-1].words[:1] in ([w] for w in _LEAVES)
        if frame.phase == "body" and not leaves:
            frame.directories.append(self._directory)
        self._directory = frame.entry
        if frame.choice:
            if frame.choice.branches:
                start = frame.choice.branches[-1][0]
                frame.choice.branches[-1] = (start, len(self.commands))
            if phase == "body":
                frame.choice.branches.append((len(self.commands), len(self.commands)))
        frame.phase = phase

    def _open(self, kind: str) -> None:
        parent = self._frames[-1]
        parent.after_operator = False
        if len(self._frames) >= MAX_FRAMES:
            self.complete = False
            return
        function = self._function or parent.function
        conditional = (parent.conditional or parent.joined) and not self._function
        frame = _Frame(kind, conditional, function, self._directory, len(self.commands))
        if kind in ("for", "select", "case"):
            frame.conditional = True
        if kind == "if":
            frame.choice = Choice(self.line(self._position), len(self.commands))
            self.choices.append(frame.choice)
        if self._function:
            self.functions.setdefault(self._function, "")
            frame.kind = kind + "f"
            self._directory = ""
            self._function = ""
        self._frames.append(frame)

    def _close(self, kind: str) -> None:
        """Ends the innermost compound command of a kind, and those left open in it."""
        loops = ("while", "until", "for", "select")
        for depth in range(len(self._frames) - 1, max(0, len(self._frames) - 6), -1):
            open_kind = self._frames[depth].kind.removesuffix("f")
            if open_kind == kind.removesuffix("f") or (kind == "loop" and open_kind in loops):
                break
        else:
            return
        self._end_list()
        while len(self._frames) > depth:
            frame = self._frames.pop()
            if frame.kind == "(":
                self._directory = frame.entry
            elif frame.kind.endswith("f") and frame.kind != "if":
                self.functions[frame.function] = self._directory
                self._directory = frame.entry
            elif frame.kind not in ("{", ""):
                self._branch_ends(frame, "body")
                moved = any(place != frame.entry for place in frame.directories)
                self._directory = "?" if moved else frame.entry
                if frame.choice and frame.choice.branches:
                    start, stop = frame.choice.branches[-1]
                    if start == stop == len(self.commands):
                        frame.choice.branches.pop()

    # -- lists and simple commands

    def _begin(self, position: int) -> Draft:
        self._draft = Draft(self.line(position))
        self._frames[-1].after_operator = False
        return self._draft

    def _end_command(self) -> None:
        draft, self._draft = self._draft, None
        if draft is None:
            return
        if not draft.words:
            for name, value in draft.assignments:
                self._assign(name, value)
            return
        frame = self._frames[-1]
        draft.directory = self._directory
        draft.function = frame.function
        draft.conditional = frame.conditional or frame.joined
        self.commands.append(draft)
        self._builtin(draft.words)

    def _end_right(self) -> None:
        """The command after `||` has ended: it is the fallback of those before it."""
        frame = self._frames[-1]
        if frame.right_start < 0:
            return
        right = self.commands[frame.right_start : frame.right_start + 8]
        if right:
            fallback = "; ".join(" ".join(draft.words) for draft in right)[:MAX_EXPANSION]
            for draft in self.commands[frame.list_start : frame.right_start]:
                draft.fallback = draft.fallback or fallback
        frame.list_start = frame.right_start
        frame.right_start = -1

    def _end_list(self) -> None:
        self._end_command()
        self._end_right()
        frame = self._frames[-1]
        frame.joined = frame.after_operator = False
        frame.list_start = frame.pipe_start = len(self.commands)

    def _builtin(self, words: list[str]) -> None:
        name = words[0]
        if name in ("cd", "pushd"):
            arguments = [word for word in words[1:] if word in ("-", "") or word[0] != "-"]
            if name == "pushd":
                self._stack.append(self._directory)
            target = arguments[0] if arguments else "~"
            before = self._directory
            self._directory = self._previous if target == "-" else self._moved(target)
            self._previous = before
        elif name == "popd":
            self._directory = self._stack.pop() if self._stack else "?"
        elif name == "set":
            options = [word for word in words[1:] if word[:1] in ("-", "+")]
            self.errexit |= "errexit" in words or any(
                word[0] == "-" and "e" in word for word in options if not word.startswith("--")
            )
            if "pipefail" in words:
                self.pipefail = words[words.index("pipefail") - 1][:1] == "-"
        elif name in ("source", ".") and len(words) > 1:
            self.sources.append(words[1])
        elif name in ("export", "readonly", "local", "declare", "typeset"):
            for word in words[1:]:
                if match := _ASSIGNMENT.match(word):
                    self._assign(match[1], word[match.end() :])
        elif self.functions.get(name):
            self._directory = join(self._directory, self.functions[name])

    def _assign(self, name: str, value: str) -> None:
        if len(self.variables) < 2000:
            self.variables[name] = self.expand(value)

    def _moved(self, target: str) -> str:
        target = self.expand(target)
        if not target or "$" in target or "`" in target or target[0] == "~":
            return "?"
        return join(self._directory, target)

    def expand(self, word: str) -> str:
        """`word` with what is known of its expansions: literal variables, the script's folder.

        `@` stands for the folder that the script lies in and `@@` for the repository's root.
        """
        if "$" not in word or len(word) > 2 * MAX_EXPANSION or word.count("$") > 20:
            return word
        word = _ROOT.sub("@@", _HERE.sub("@", word))
        for _ in range(3):
            known = _VARIABLE.sub(
                lambda match: self.variables.get(match[1] or match[2], match[0])[:MAX_EXPANSION],
                word,
            )
            known = _PARENT.sub(lambda match: match[1] + "/..", known)
            known = _PWD.sub(lambda match: match[1] or match[2], known)
            if known == word or len(known) > MAX_EXPANSION:
                break
            word = known
        return word

    def _place_functions(self) -> None:
        """Gives commands in functions the directory that their function is called in."""
        if not self.functions:
            return
        calls: dict[str, set[str]] = {}
        inside: dict[str, list[Draft]] = {}
        for draft in self.commands:
            if draft.function:
                inside.setdefault(draft.function, []).append(draft)
        for draft in self.commands:
            if not draft.function and draft.words[0] in self.functions:
                calls.setdefault(draft.words[0], set()).add(draft.directory)
        for name in reversed(self.functions):
            places = calls.get(name, set())
            place = next(iter(places)) if len(places) == 1 else "?" if places else ""
            for draft in inside.get(name, ()):
                draft.directory = join(place, draft.directory)
                if draft.words[0] in self.functions and draft.words[0] != name:
                    calls.setdefault(draft.words[0], set()).add(draft.directory)

    # -- redirections

    def _redirect(self) -> None:
        match = re.compile(r"&>>?|<<-|<<<|<<|<&|<>|>>|>&|>\||[<>]").match(self.text, self._position)
        assert match is not None  # the caller saw < or > or &>
        operator = match[0]
        self._position = match.end()
        if self.text.startswith("(", self._position) and operator in "<>":
            self._position += 1
            self._substitution()
            if self._draft is not None:
                self._draft.words.append(operator + "(...)")
            return
        draft = self._draft
        digits = draft.words[-1] if draft and draft.words else ""
        if draft and digits.isdigit() and self.text[match.start() - 1 : match.start()].isdigit():
            draft.words.pop()
        blanks = _BLANKS.match(self.text, self._position)
        if blanks:
            self._position = blanks.end()
        target, _ = self._word()
        if operator in ("<<", "<<-"):
            if target and len(self._heredocs) < 100:
                self._heredocs.append((target, operator == "<<-"))
        elif operator[-1] in ">|" or operator == "&>>":
            self._write(target)
        elif operator == ">&" and not (target.isdigit() or target == "-"):
            self._write(target)

    def _write(self, target: str) -> None:
        owner = self._draft or (self.commands[-1] if self.commands else None)
        if owner is not None and target and not target.startswith("/dev/"):
            owner.writes.append(target)

    # -- words

    def _word(self) -> tuple[str, bool]:
        """The word at the position, quotes removed, and whether any part was quoted."""
        text, parts, quoted = self.text, [], False
        while self._position < len(text):
            if plain := _PLAIN.match(text, self._position):
                parts.append(plain[0])
                self._position = plain.end()
                continue
            char = text[self._position]
            if char == "'":
                quoted = True
                stop = text.find("'", self._position + 1)
                if stop < 0:
                    self.complete, stop = False, len(text)
                parts.append(text[self._position + 1 : stop])
                self._position = stop + 1
            elif char == '"':
                quoted = True
                self._double_quoted(parts)
            elif char == "\\":
                quoted = True
                following = text[self._position + 1 : self._position + 2]
                if following == "\r":
                    following = ""
                parts.append(following if following != "\n" else "")
                self._position += 2
            elif char == "$" or char == "`":
                self._expansion(parts)
            else:
                break
        return "".join(parts), quoted

    def _double_quoted(self, parts: list[str]) -> None:
        text = self.text
        self._position += 1
        while self._position < len(text):
            if plain := _QUOTED.match(text, self._position):
                parts.append(plain[0])
                self._position = plain.end()
                continue
            char = text[self._position]
            if char == '"':
                self._position += 1
                return
            if char == "\\":
                following = text[self._position + 1 : self._position + 2]
                kept = following if following in '"\\$`' else "\\" + following
                parts.append("" if following == "\n" else kept)
                self._position += 2
            else:
                self._expansion(parts)
        self.complete = False

    def _expansion(self, parts: list[str]) -> None:
        text, start = self.text, self._position
        two = text[start : start + 2]
        shown = "$(...)"
        if text.startswith("$((", start):
            self._position += 1
            if not self._skip_arithmetic():
                self._position += 1
                self._substitution()
        elif two == "$(":
            self._position += 2
            self._substitution()
        elif two == "${":
            self._braces()
            shown = "${...}"
        elif text[start] == "`":
            stop = text.find("`", start + 1)
            if stop < 0:
                self.complete, stop = False, len(text)
            self._position = min(stop + 1, len(text))
            self._inner(text[start + 1 : stop], start)
        elif two in ("$'", '$"'):
            self._position += 1
            return
        elif name := _NAME.match(text, start):
            self._position = name.end()
        else:
            self._position += 1
        length = self._position - start
        parts.append(text[start : self._position] if length <= MAX_EXPANSION else shown)

    def _substitution(self) -> None:
        """Reads on after `$(` or `<(` up to its `)`: what runs there are commands as well."""
        if self._depth >= MAX_DEPTH:
            self.complete = False
            return
        self._depth += 1
        outer, directory, heredocs = self._draft, self._directory, self._heredocs
        function, pipefail = self._function, self.pipefail
        parent = self._frames[-1]
        frame = _Frame("", parent.conditional or parent.joined, parent.function, "", 0)
        frame.list_start = frame.pipe_start = len(self.commands)
        frames, self._frames = self._frames, [frame]
        self._draft, self._heredocs, self._function = None, [], ""
        self._program(")")
        self._position += self.text.startswith(")", self._position)
        self._frames, self._draft, self._directory = frames, outer, directory
        self._heredocs, self._function, self.pipefail = heredocs, function, pipefail
        self._depth -= 1

    def _inner(self, text: str, position: int) -> None:
        if self._depth >= 2 or not text.strip():
            return
        inner = Reader(text, self.line(position), self.pipefail)
        for draft in inner.commands:
            draft.directory = join(self._directory, draft.directory)
            draft.function = self._frames[-1].function
        self.commands += inner.commands

    def _braces(self) -> None:
        """Skips `${...}`, quotes and nested braces included."""
        if self._failures <= 8:
            depth = 0
            pattern = re.compile(r"\\.|'[^'\n]*'|[{}]", re.DOTALL)
            for match in pattern.finditer(self.text, self._position + 1):
                if match[0] in "{}":
                    depth += 1 if match[0] == "{" else -1
                    if depth == 0:
                        self._position = match.end()
                        return
            self._failures += 1
        self._position += 2


def join(directory: str, target: str) -> str:
    """Where `cd target` leads from `directory`; "?" where that cannot be told.

    `@` is the script's own folder, `@@` the root of its repository.
    """
    if not target:
        return directory
    if target[0] == "/" or target == "@@" or target.startswith("@@/"):
        place = target
    elif target == "@" or target.startswith("@/"):
        place = target
    elif directory == "?" or target == "?":
        return "?"
    else:
        place = f"{directory}/{target}" if directory else target
    if len(place) > MAX_EXPANSION:
        return "?"
    place = normpath(place) if not place.startswith("@") else _normal_marked(place)
    return "" if place == "." else place


def _normal_marked(place: str) -> str:
    mark, _, rest = place.partition("/")
    rest = normpath(rest) if rest else "."
    return mark if rest == "." else f"{mark}/{rest}"
