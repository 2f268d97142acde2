#pragma once

#include <string>
#include <string_view>

namespace clinfer::text {

/// Rewrites a pattern of Oniguruma's syntax (what tokenizer.json files use) as the PCRE2 pattern with the
/// same matches under UTF, UCP and MULTILINE: \s \w \h \v \uHHHH, POSIX classes, long property names,
/// scripts, nested and intersected classes, {n,m}+, inline options. Throws Error(Fault::model), starting with
/// `where`, for constructs that have no counterpart. Not covered: case folds of one character to several
/// (U+00DF = ss).
std::string oniguruma_to_pcre2(std::string_view pattern, const std::string& where);

}  // namespace clinfer::text
