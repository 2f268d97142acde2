#pragma once

// A function compiled for wider vectors too, the widest that the processor has being called. Results do not
// depend on it: products and sums are not fused (see cmake/room.cmake).
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define QUANT_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define QUANT_VECTOR_CLONES
#endif
