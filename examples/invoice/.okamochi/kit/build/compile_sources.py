# ruff: noqa: UP031
# mypy: ignore-errors
# Compiles Python sources to bytecode; the same program wherever an image is made, because what marshal writes
# depends on the strings that the process has interned.
#
# Reads NUL-separated pairs (source file, path in the image) from stdin. Answers each on stdout by 8 bytes of
# length (negative: it does not compile) and as many bytes: the .pyc (PEP 552, unchecked-hash), or why not.
# One stream instead of a file for each: making thousands of small files takes longer than compiling them.
import _frozen_importlib_external as external
import _imp
import gc
import posix  # noqa: F401
import sys

gc.disable()
magic = int.from_bytes(external.MAGIC_NUMBER, "little")
fields = sys.stdin.buffer.read().split(b"\0")


def answer(content, sign):
    sys.stdout.buffer.write((sign * len(content)).to_bytes(8, "little", signed=True) + content)


def sets_in(code):
    for one in code.co_consts:
        if type(one) is frozenset:
            yield one
        elif type(one) is type(code):
            yield from sets_in(one)


for index in range(0, len(fields) - 1, 2):
    source_file, image_path = fields[index : index + 2]
    with open(source_file, "rb") as stream:
        source = stream.read()
    name = image_path.decode("utf-8", "surrogateescape")
    try:
        code = compile(source, name, "exec", dont_inherit=True, optimize=0)
        sets = list(sets_in(code))
        if len(sets) != len(set(sets)):
            # equal sets stay one object only where none of their strings was interned before, by another file
            # for instance: this very file interns them first
            first = code
            code = compile(source, name, "exec", dont_inherit=True, optimize=0)
            del first
        del sets
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        answer(("%s: %s" % (name, error)).encode("utf-8", "replace"), -1)
        continue
    content = external._code_to_hash_pyc(code, _imp.source_hash(magic, source), False)
    del code
    answer(content, 1)
