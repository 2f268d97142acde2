"""llama.cpp's side of bench/compare_llamacpp, through llama-cpp-python's binding of the C API; prints JSON.

    compare_peer.py rows FILE THREADS CONTEXT BATCH PROMPTS TOKENS DEPTHS     {row: {"rate", "cpu"}}
    compare_peer.py start FILE THREADS CONTEXT BATCH TEXT                     {"start": {"ms"}}
    compare_peer.py quantize FILE FORMAT OUT
"""
import ctypes
import json
import random
import sys
import time

import llama_cpp as ll

QUIET = ll.llama_log_callback(lambda level, text, data: None)


def begin():
    ll.llama_log_set(QUIET, ctypes.c_void_p(0))
    ll.llama_backend_init()


def open_model(file, threads, context_tokens, batch):
    model = ll.llama_model_load_from_file(file.encode(), ll.llama_model_default_params())
    params = ll.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = context_tokens, batch, batch
    params.n_threads = params.n_threads_batch = threads
    context = ll.llama_init_from_model(model, params) if model else None
    if not context:
        sys.exit(f"llama.cpp cannot load {file}")
    return model, context


def decode(context, ids):
    held = (ll.llama_token * len(ids))(*ids)  # the batch only points at it
    if ll.llama_decode(context, ll.llama_batch_get_one(held, len(ids))) != 0:
        sys.exit("llama_decode failed")
    ll.llama_synchronize(context)


def numbers(text):
    return [int(word) for word in text.split(",") if word]


def rows(file, threads, context_tokens, batch, prompts, tokens, depths):
    """Each row once behind a warm-up; process_time counts all threads."""
    begin()
    model, context = open_model(file, int(threads), int(context_tokens), int(batch))
    memory = ll.llama_get_memory(context)
    vocabulary = ll.llama_vocab_n_tokens(ll.llama_model_get_vocab(model))
    draw = random.Random(1)

    def run_tokens(count, most):
        while count > 0:
            now = min(count, most)
            decode(context, [draw.randrange(vocabulary) for _ in range(now)])
            count -= now

    def measured(depth, count, most):
        run_tokens(min(count, most), most)
        ll.llama_memory_seq_rm(memory, 0, depth, -1)
        start, cpu = time.perf_counter(), time.process_time()
        run_tokens(count, most)
        found = {"rate": count / (time.perf_counter() - start), "cpu": time.process_time() - cpu}
        ll.llama_memory_seq_rm(memory, 0, depth, -1)
        return found

    found = {}
    for depth in numbers(depths):
        behind = f"@d{depth}" if depth else ""
        run_tokens(depth, int(batch))
        for count in numbers(prompts):
            found[f"pp{count}{behind}"] = measured(depth, count, int(batch))
        for count in numbers(tokens):
            found[f"tg{count}{behind}"] = measured(depth, count, 1)
    print(json.dumps(found))


def start(file, threads, context_tokens, batch, text):
    """From the library loaded, Python's own start not counted, to the first token."""
    began = time.perf_counter()
    begin()
    model, context = open_model(file, int(threads), int(context_tokens), int(batch))
    vocabulary = ll.llama_model_get_vocab(model)
    data = text.encode()
    ids = (ll.llama_token * (len(data) + 8))()
    count = ll.llama_tokenize(vocabulary, data, len(data), ids, len(ids), True, False)
    decode(context, list(ids[:count]))
    logits = ll.llama_get_logits_ith(context, -1)
    best = max(range(ll.llama_vocab_n_tokens(vocabulary)), key=logits.__getitem__)
    print(json.dumps({"start": {"ms": 1e3 * (time.perf_counter() - began), "tokens": count, "first": best}}))


def quantize(file, format_, out):
    begin()
    params = ll.llama_model_quantize_default_params()
    params.ftype = getattr(ll, f"LLAMA_FTYPE_MOSTLY_{format_.upper()}")
    params.allow_requantize = params.pure = True
    if ll.llama_model_quantize(file.encode(), out.encode(), ctypes.byref(params)) != 0:
        sys.exit(f"llama.cpp cannot make {out}")


{"rows": rows, "start": start, "quantize": quantize}[sys.argv[1]](*sys.argv[2:])
