"""The hook: what a commit would bring, judged before it is made.

    staged: what the index holds that HEAD does not -> glance: can any rule for single files speak
    of it? -> secrets: does it hold one that was not there? -> judge: what is new, by the rules, by
    the facts of little that is extracted at once, or of much in a process apart

Each step imports much more than the one before and is taken only where that one cannot tell. The
first two import next to nothing: most commits need no more.
"""
