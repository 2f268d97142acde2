#pragma once

#include <optional>
#include <span>
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

/// What the scale of a block is made for.
enum class ScaleFit {
  amax,  ///< the largest magnitude is the largest code, or the format's own rule: round-to-nearest
  mse,   ///< the least squared error, weighted with the importance where one is given; never more than amax's
};

/// What Inf becomes in FP8; NaN stays NaN either way.
enum class InfCast {
  special,   ///< Inf (E5M2) or NaN (E4M3, which has no Inf)
  saturate,  ///< the largest code, sign kept, as OFP8's saturating conversions say
};

/// Choices that an encoder leaves open. What is not set is the format's default.
struct EncodeOptions {
  std::optional<ScaleMode> mode;
  std::optional<ScaleStorage> storage;
  std::optional<Scaling> scaling;
  std::optional<IntegerRange> range;
  std::optional<Nvfp4Profile> profile;
  std::optional<ScaleSearch> search;
  std::optional<ScaleFit> fit;
  std::optional<InfCast> inf;
  /// The largest finite magnitude of the whole matrix, for a format whose scale depends on it
  /// (Format::whole_matrix) when only some of its rows are encoded. Not a choice: no word sets it.
  std::optional<float> matrix_amax;
  /// How much an error in each column matters: the mean square of what the column is multiplied with, [cols],
  /// finite, not negative; empty: all alike. No word sets it. With it, formats that know `mse` search unless
  /// told `amax`, and K-quants and IQ4_NL weight their own search; others take no notice.
  std::span<const float> importance{};
};

/// Kinds of options as bits: which ones a format knows.
enum OptionKind : unsigned {
  kScaleMode = 1,
  kScaleStorage = 2,
  kScaling = 4,
  kIntegerRange = 8,
  kNvfp4Profile = 16,
  kScaleSearch = 32,
  kScaleFit = 64,
  kInfCast = 128,
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
