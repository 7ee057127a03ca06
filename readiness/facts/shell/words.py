"""Reads the words of shell: quotes, expansions, redirections and heredocs, in one linear pass."""

from __future__ import annotations

import re
from bisect import bisect_right

MAX_TEXT = 1_000_000  # characters of one script that are read
MAX_EXPANSION = 300  # characters of an expansion that are kept in a word
MAX_FAILURES = 8  # searches for a missing bracket, after which no more is tried
MAX_HEREDOCS = 100  # on one line

_ENDS_WORD = " \t\r\n;&|<>()"
BLANKS = " \t\r\\"  # what blanks start with
PLAIN_WORDS = re.compile(r"(?:[ \t\r]*[^\s\\'\"$`;&|<>()#]+(?![^\s;&|<>()])){1,1000}")
_BLANKS = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_PLAIN = re.compile(r"[^\s\\'\"$`;&|<>()]+")
_QUOTED = re.compile(r'[^"\\$`]+')
_NAME = re.compile(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
_PARENTHESES = re.compile(r"[()]")
_BRACES = re.compile(r"\\.|'[^'\n]*'|[{}]", re.DOTALL)
_SPACE = re.compile(r"\s+")
_BRACKETS_END = re.compile(r"\]\](?=[\s;&|)]|$)")


class Words:
    """A text with a position that moves over its words.

    `complete` is false where something was left out (too long, too deep, unterminated).
    """

    def __init__(self, text: str, first_line: int) -> None:
        self.complete = len(text) <= MAX_TEXT
        self.text = text if self.complete else text[:MAX_TEXT]
        self.position = 0
        self._first_line = first_line
        self._newlines = [match.start() for match in re.finditer("\n", self.text)]
        self._failures = 0
        self._heredocs: list[tuple[str, bool]] = []

    def substitution(self) -> None:
        """Reads on after `$(` or `<(` and past its `)`."""
        raise NotImplementedError

    def backticks(self, text: str, position: int) -> None:
        """Reads the commands between two backticks, the first of which is at `position`."""
        raise NotImplementedError

    def line(self, position: int) -> int:
        """The line in the file of a position in the text."""
        return self._first_line + bisect_right(self._newlines, position - 1)

    def skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.position)
        if match is None:
            return False
        self.position = match.end()
        return True

    def skip_blanks(self) -> bool:
        return self.skip(_BLANKS)

    def skip_line(self) -> None:
        newline = self.text.find("\n", self.position)
        self.position = len(self.text) if newline < 0 else newline

    def word(self) -> tuple[str, bool]:
        """The word at the position with its quotes removed, and whether any part was quoted."""
        text, end = self.text, len(self.text)
        if plain := _PLAIN.match(text, self.position):
            self.position = plain.end()
            if self.position == end or text[self.position] in _ENDS_WORD:
                return plain[0], False
        parts, quoted = [plain[0]] if plain else [], False
        while self.position < end:
            if plain := _PLAIN.match(text, self.position):
                parts.append(plain[0])
                self.position = plain.end()
                continue
            char = text[self.position]
            if char == "'":
                stop = text.find("'", self.position + 1)
                if stop < 0:
                    self.complete, stop = False, len(text)
                parts.append(text[self.position + 1 : stop])
                self.position = stop + 1
            elif char == '"':
                self._double_quoted(parts)
            elif char == "\\":
                following = text[self.position + 1 : self.position + 2]
                parts.append(following.strip("\r\n"))
                self.position += 2
            elif char in "$`":
                self._expansion(parts)
                continue
            else:
                break
            quoted = True
        return "".join(parts), quoted

    def _double_quoted(self, parts: list[str]) -> None:
        text = self.text
        self.position += 1
        while self.position < len(text):
            if plain := _QUOTED.match(text, self.position):
                parts.append(plain[0])
                self.position = plain.end()
                continue
            char = text[self.position]
            if char == '"':
                self.position += 1
                return
            if char == "\\":
                following = text[self.position + 1 : self.position + 2]
                kept = following if following in '"\\$`' else "\\" + following
                parts.append("" if following == "\n" else kept)
                self.position += 2
            else:
                self._expansion(parts)
        self.complete = False

    def _expansion(self, parts: list[str]) -> None:
        text, start = self.text, self.position
        two, shown = text[start : start + 2], "$(...)"
        if two == "$(":
            self.position += 1
            if not (text.startswith("((", self.position) and self.skip_arithmetic()):
                self.position += 1
                self.substitution()
        elif two == "${":
            self._skip_braces()
            shown = "${...}"
        elif text[start] == "`":
            stop = text.find("`", start + 1)
            if stop < 0:
                self.complete, stop = False, len(text)
            self.position = min(stop + 1, len(text))
            self.backticks(text[start + 1 : stop], start)
        elif two in ("$'", '$"'):
            self.position += 1
            return
        elif not self.skip(_NAME):
            self.position += 1
        length = self.position - start
        parts.append(text[start : self.position] if length <= MAX_EXPANSION else shown)

    def skip_arithmetic(self) -> bool:
        """Skips `((...))`; false where the position does not stand at one."""
        if self._failures > MAX_FAILURES:
            return False
        depth = 0
        for match in _PARENTHESES.finditer(self.text, self.position):
            depth += 1 if match[0] == "(" else -1
            if depth == 1 and match[0] == ")" and self.text.startswith(")", match.end()):
                self.position = match.end() + 1
                return True
            if depth <= 0:
                break
        self._failures += 1
        return False

    def _skip_braces(self) -> None:
        """Skips `${...}`, quotes and nested braces included."""
        if self._failures <= MAX_FAILURES:
            depth = 0
            for match in _BRACES.finditer(self.text, self.position + 1):
                if match[0] in "{}":
                    depth += 1 if match[0] == "{" else -1
                    if depth == 0:
                        self.position = match.end()
                        return
            self._failures += 1
        self.position += 2

    def test_words(self, words: list[str]) -> None:
        """Reads `[[ ... ]]`, in which no operator has its usual meaning, into `words`."""
        found = None
        if self._failures <= MAX_FAILURES:
            found = _BRACKETS_END.search(self.text, self.position)
            self._failures += found is None
        if found is None:
            self.skip_line()
            return
        while self.position < found.end():
            before = self.position
            if self.skip(_SPACE):
                continue
            words.append(self.word()[0])
            if self.position == before:
                words[-1] = self.text[before]
                self.position += 1

    def skip_array(self) -> None:
        """Skips the `(...)` of an array's assignment."""
        self.position += 1
        while self.position < len(self.text):
            char = self.text[self.position]
            if char == ")":
                self.position += 1
                return
            before = self.position
            if char == "#":
                self.skip_line()
            elif not char.isspace():
                self.word()
            if self.position == before:
                self.position += 1
        self.complete = False

    def heredoc(self, delimiter: str, tabs: bool) -> None:
        """Remembers a heredoc whose body starts on the next line."""
        if delimiter and len(self._heredocs) < MAX_HEREDOCS:
            self._heredocs.append((delimiter, tabs))

    def skip_heredocs(self) -> None:
        """Skips the bodies of the heredocs of the line that has just ended."""
        for delimiter, tabs in self._heredocs:
            self._skip_heredoc(delimiter, tabs)
        self._heredocs = []

    def _skip_heredoc(self, delimiter: str, tabs: bool) -> None:
        start = self.position
        while start < len(self.text):
            newline = self.text.find("\n", start)
            stop = len(self.text) if newline < 0 else newline
            if stop - start <= len(delimiter) + 80:
                content = self.text[start:stop].rstrip("\r")
                if (content.lstrip("\t") if tabs else content) == delimiter:
                    self.position = min(stop + 1, len(self.text))
                    return
            start = stop + 1
        self.complete = False
        self.position = len(self.text)
