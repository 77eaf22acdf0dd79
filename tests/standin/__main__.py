"""`python -m standin FILE`: a stand-in until it is killed; the first line that it prints is its URL."""

import argparse
import json
import threading
from pathlib import Path

from standin.server import KEY, Standin

parser = argparse.ArgumentParser(prog="standin", description=__doc__)
parser.add_argument("file", type=Path, help="the DuckDB file of the instance")
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--key", default=KEY)
parser.add_argument("--permissions", type=json.loads, help='for instance {"/api/tenant": ["GET"]}; none is all')
parser.add_argument("--version", help="behave as this version does")
given = parser.parse_args()
with Standin(
    given.file, port=given.port, key=given.key, permissions=given.permissions, version=given.version
) as standin:
    print(standin.url, flush=True)
    threading.Event().wait()
