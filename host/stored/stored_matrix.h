#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/io/checkpoint.h"
#include "quant/format.h"

namespace clinfer::stored {

/// A checkpoint's weight as a matrix in a quant format. 1-D tensors are one row, a 3-D one is a stack of
/// matrices, each with codes and scales of its own. Scales are as files hold them: one that is 0, Inf or NaN
/// (or a negative one) is multiplied with like any other, so its block decodes to zeros, Inf and NaN.
struct StoredMatrix {
  const quant::Format* format = nullptr;
  int64_t matrices = 1;
  int64_t rows = 0;  ///< of all of them
  int64_t cols = 0;
  const uint8_t* codes = nullptr;          ///< in the mapped file, or in own_codes
  const uint8_t* scales = nullptr;         ///< in the mapped file, in own_scales, or nullptr
  const io::Tensor* tensor = nullptr;      ///< the one that holds the codes
  std::vector<const io::Tensor*> parts{};  ///< all that the weight is made of, `tensor` among them
  std::shared_ptr<const std::vector<uint8_t>> own_codes{};   ///< where the file's layout is another
  std::shared_ptr<const std::vector<uint8_t>> own_scales{};  ///< likewise
};

/// The weight of that name ("model.layers.0.mlp.up_proj.weight"), in whichever layout the checkpoint holds
/// it:
///   plain floats and GGUF blocks under the name itself;
///   FP8 with name_scale_inv or name_scale: per tensor, row, 1x128 or 128x128 block; MXFP8 (E8M0 bytes per
///   32); int8 with name_scale, per row or group; NVFP4 of ModelOpt (name_scale, name_scale_2: a multiplier);
///   compressed-tensors' X.weight_packed: int4 and int8 groups, MXFP4, MXFP6 E2M3, NVFP4
///   (weight_global_scale: the multiplier's reciprocal); GPTQ's and AWQ's X.qweight, qzeros, scales, g_idx;
///   X_blocks and X_scales of MXFP4; X, a stack [experts, in, out] of floats; k_b_proj and v_b_proj of GGUF
///   in place of kv_b_proj.
/// Groups that no format here has become smaller ones that have the same values, or else f32.
/// Throws Error(Fault::model) naming the tensor: missing, of a type that is no weight format, or with parts
/// that do not fit together.
StoredMatrix stored_matrix(const io::Checkpoint& checkpoint, const std::string& name);

/// The same without codes and scales: nothing of the data is read.
StoredMatrix stored_shape(const io::Checkpoint& checkpoint, const std::string& name);

/// As stored_shape, but nullopt where no layout holds a weight of that name. Still throws Error(Fault::model)
/// for parts that do not fit together.
std::optional<StoredMatrix> find_shape(const io::Checkpoint& checkpoint, const std::string& name);

/// Decodes rows [first, first + count) to out[count, cols].
void decode_rows(const StoredMatrix& matrix, int64_t first, int64_t count, float* out);

/// The matrix of the stack that a row lies in.
struct OneMatrix {
  const uint8_t* codes;
  const uint8_t* scales;
  int64_t row;   ///< in this matrix
  int64_t rows;  ///< it has
};
OneMatrix matrix_at(const StoredMatrix& matrix, int64_t row);

/// Tells the system that the pages of all parts are not needed any more.
void release(const io::Checkpoint& checkpoint, const StoredMatrix& matrix);

/// "[3, 4]".
std::string shape_text(const std::vector<int64_t>& shape);

}  // namespace clinfer::stored
