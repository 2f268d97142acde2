#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clinfer::quant {

/// How the exponent of an MX block's power-of-two scale follows from its largest magnitude.
enum class ScaleMode {
  floor,  ///< floor(log2 amax) - emax: OCP MX v1.0; saturates what lies above the largest element
  rceil,  ///< ceil(log2(amax / largest element)): never saturates
  even,   ///< floor after rounding amax to the element's mantissa bits
  ceil,   ///< ceil(log2 amax) - emax
};

/// The values that FP8 scales may take; they are stored as f32 either way.
enum class ScaleStorage {
  f32,    ///< amax / largest code
  ue8m0,  ///< that, rounded up to a power of two
};

/// How a value comes to its scaled value.
enum class Scaling {
  division,    ///< value / scale
  reciprocal,  ///< value * (1 / scale)
};

/// The codes that symmetric integer formats use.
enum class IntegerRange {
  symmetric,  ///< -127..127: scale = amax / 127
  full,       ///< -128..127: scale = amax / 127.5
};

/// Whose rounding of scales NVFP4 follows, and what they do where a block's scale underflows. See nvfp4.h.
enum class Nvfp4Profile { modelopt, compressed_tensors, torchao, transformer_engine, single };

/// Whether IQ4_NL looks for a better scale than that of the largest value.
enum class ScaleSearch { search, none };

/// Choices that an encoder leaves open. What is not set is the format's default.
struct EncodeOptions {
  std::optional<ScaleMode> mode;
  std::optional<ScaleStorage> storage;
  std::optional<Scaling> scaling;
  std::optional<IntegerRange> range;
  std::optional<Nvfp4Profile> profile;
  std::optional<ScaleSearch> search;
  /// The largest finite magnitude of the whole matrix, for a format whose scale depends on it
  /// (Format::whole_matrix) when only some of its rows are encoded. Not a choice: no word sets it.
  std::optional<float> matrix_amax;
};

/// Kinds of options as bits: which ones a format knows.
enum OptionKind : unsigned {
  kScaleMode = 1,
  kScaleStorage = 2,
  kScaling = 4,
  kIntegerRange = 8,
  kNvfp4Profile = 16,
  kScaleSearch = 32,
};

/// Options from words separated by commas ("rceil", "ue8m0,reciprocal"). Throws std::invalid_argument naming
/// the word that is none.
EncodeOptions parse_encode_options(std::string_view words);

/// The kinds that are set (OptionKind bits), and the words that set them ("ue8m0,reciprocal").
unsigned option_kinds(const EncodeOptions& options);
std::string option_words(const EncodeOptions& options);

/// All words of the kinds.
std::vector<std::string_view> words_of(unsigned kinds);

}  // namespace clinfer::quant
