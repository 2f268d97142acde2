#pragma once

#include <cstdint>

namespace clinfer::quant {

/// Elements of the GGUF blocks searched here.
inline constexpr int kInlineElems = 32;

/// Encodes 32 finite values as q d, q from low to top, weights > 0: the half d of the least weighted error
/// found from `start` (as stored) on, of either sign where low + top < 0; codes get q - low. `start` zero or
/// not finite ends the search: false, and codes are left alone.
bool search_half_scale(const float* values, const float* weights, int low, int top, float& d, uint8_t* codes);

/// What is left of a value beside its code: value = q d + m.
struct HalfAffine {
  float d, m;
};

/// Likewise with q d + m, q from 0 to top.
bool search_half_affine(const float* values, const float* weights, int top, HalfAffine& affine,
                        uint8_t* codes);

}  // namespace clinfer::quant
