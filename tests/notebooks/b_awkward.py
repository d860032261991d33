# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Cells on which a forked kernel could betray itself
#
# Made for tests. The outputs must be those of an ordinary kernel.

# %%
# fmt: off
# ruff: noqa
import sys

print("to standard output")
print("to standard error", file=sys.stderr)
print("to standard output again")

# %%
# !echo from the shell

# %%
import os
import time

os.write(1, b"written to descriptor 1\n")
time.sleep(0.5)  # so that it has arrived before the cell ends, in stock kernels too
# %%
import subprocess

# written at once and given time to arrive, so that stock kernels show it in one piece every time
done = subprocess.run([sys.executable, "-c", "import os; os.write(1, b'from another process\\n')"], check=True)
time.sleep(0.5)
done.returncode

# %% language="bash"
# echo from bash; echo and its errors >&2

# %%
from IPython.display import HTML, Markdown, clear_output, display

handle = display("before", display_id="place")

# %%
handle.update("after")

# %%
print("gone")
clear_output()
print("stays")
clear_output(wait=True)
print("stays instead")

# %%
HTML("<b>bold</b>")

# %%
display("first")
print("printed")
display(Markdown("*second*"))
"the result"

# %%
import warnings

warnings.warn("a warning", stacklevel=1)
warnings.warn("deprecated", DeprecationWarning, stacklevel=1)

# %%
import matplotlib
import matplotlib.pyplot as plt

print(matplotlib.rcParams._get("backend") if hasattr(matplotlib.rcParams, "_get") else "")
sorted((name, repr(value)) for name, value in matplotlib.rcParams.items() if name != "backend")

# %%
plt.figure(figsize=(3, 2))
plt.plot([1, 3, 2])

# %%
plt.plot([1, 2, 3])
plt.title("closed by a semicolon");
# %%
matplotlib.get_backend(), plt.get_fignums(), plt.isinteractive()

# %%
sorted((name, repr(value)) for name, value in matplotlib.rcParams.items())

# %%
import asyncio

await asyncio.sleep(0)
"waited"

# %%
import threading

thread = threading.Thread(target=print, args=("from a thread",))
thread.start()
thread.join()

# %%
display({"text/plain": "with metadata"}, raw=True, metadata={"text/plain": {"caption": "a caption"}})

# %%
from tqdm import tqdm

for _ in tqdm(range(3), bar_format="{n} of {total}", mininterval=1000):
    pass

# %%
type(get_ipython()), type(get_ipython().kernel), get_ipython().kernel.implementation

# %%
try:
    print(__file__)
except NameError as error:
    print(error)
__name__, sys.argv[0], sys.argv[1], [word for word in sys.orig_argv if "json" not in word], len(sys.argv)

# %%
import logging

logging.warning("logged")
logging.getLogger("x").info("not shown")
logging.getLogger().handlers, logging.getLogger().level

# %%
6 * 7

# %%
_ + 1

# %%
import pickle


class Kept:
    pass


pickle.loads(pickle.dumps(Kept())).__class__, Kept.__module__

# %%
import multiprocessing


def double(number):
    return 2 * number


with multiprocessing.Pool(2) as pool:
    doubled = pool.map(double, [1, 2, 3])
doubled, multiprocessing.current_process().name, multiprocessing.get_start_method(allow_none=True)

# %%
import pandas as pd

table = pd.DataFrame({"name": ["a", "b"], "value": [1.5, None]})
table

# %%
table.style.set_uuid("fixed").format(precision=1).set_caption("A caption")

# %%
import numpy as np

square = np.sin(np.arange(90_000.0)).reshape(300, 300)
(square @ square).sum().hex(), np.linalg.eigvalsh(square + square.T)[0].hex()

# %%
import tempfile

import pyarrow.parquet

with tempfile.TemporaryDirectory() as folder:
    big = pd.DataFrame({"n": range(200_000), "t": ["x"] * 200_000})
    big.to_parquet(f"{folder}/big.parquet", row_group_size=10_000)
    read = pyarrow.parquet.read_table(f"{folder}/big.parquet", use_threads=True)
read.num_rows, len(pd.read_csv(__import__("io").StringIO(big.head(100).to_csv()), engine="pyarrow"))

# %%
sys.path, os.getcwd()

# %%
sorted((name, value) for name, value in os.environ.items() if name != "JPY_PARENT_PID")

# %%
import signal

[
    (number.name, repr(signal.getsignal(number)))
    for number in signal.valid_signals()
    if isinstance(number, signal.Signals)
]

# %%
signal.pthread_sigmask(signal.SIG_BLOCK, []), os.getpgid(0) == os.getsid(0) == os.getpid(), os.umask(os.umask(0o22))

# %%
import gc
import locale

(
    gc.isenabled(),
    gc.get_threshold(),
    sys.flags,
    locale.getlocale(),
    sys.getrecursionlimit(),
    sys.stdin,
    sys.__stdout__.encoding,
)

# %%
sorted(t.name.translate({ord(d): None for d in "0123456789"}) for t in threading.enumerate())

# %%
[filter for filter in warnings.filters if filter[3] and "__main__" in str(filter[3])]

# %%
try:
    input("a question")
except Exception as error:
    print(type(error).__name__, error)

# %%
print("x" * 1_000_000)

# %%
# %timeit -n1 -r1 -q pass
# %who_ls float

# %%
hash("a text"), sorted({"b", "a", "c"} | {"d"}), {"b", "a", "c"}

# %%
import time

time.tzname, time.strftime("%Z"), str(pd.Timestamp("2021-01-01", tz="Asia/Baku"))


# %% tags=["raises-exception"]
def inner(value):
    return {"known": 1}[value]


inner("unknown")

# %% tags=["raises-exception"]
pd.DataFrame({"a": [1]})["b"]

# %%
sys.exit(0)
