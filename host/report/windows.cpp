#include "host/report/windows.h"

#include <algorithm>
#include <string>

#include "quant/error.h"

namespace clinfer::report {

std::vector<int32_t> Windows::window(int64_t index) const {
  const auto begin = ids.begin() + index * context;
  std::vector<int32_t> tokens(begin, begin + context);
  if (bos) tokens.front() = *bos;
  return tokens;
}

Windows cut_windows(std::span<const int32_t> ids, int64_t context, int64_t chunks,
                    std::optional<int32_t> bos) {
  const int64_t whole = static_cast<int64_t>(ids.size()) / context;
  if (whole == 0) {
    throw Error(Fault::usage, "eval.text has " + std::to_string(ids.size()) +
                                  " tokens, one window of eval.context needs " + std::to_string(context));
  }
  const int64_t taken = chunks == 0 ? whole : std::min(whole, chunks);
  return {{ids.begin(), ids.begin() + taken * context}, bos, context};
}

}  // namespace clinfer::report
