#include "graph/ops/attention_mask.h"

#include <algorithm>

namespace clinfer::graph {

bool AttentionMask::consistent() const {
  const bool signs = window >= 0 && first >= 0 && chunk >= 0 && stride > 0 && length > 0;
  const int used = (window > 0 ? 1 : 0) + (chunk > 0 ? 1 : 0) + (stride > 1 || length > 1 ? 1 : 0);
  return signs && used <= 1 && (first == 0 || window > 0);
}

AttentionMask::Range AttentionMask::range(int64_t position) const {
  Range r;
  r.end = position + 1 < length ? 0 : (position + 1 - length) / stride + 1;
  if (window > 0) r.begin = std::max<int64_t>(0, position + 1 - window);
  if (chunk > 0) r.begin = position - position % chunk;
  if (r.begin <= first) r.begin = 0;  // the first rows and the window meet: one range
  r.first_end = std::min(first, r.begin);
  return r;
}

}  // namespace clinfer::graph
