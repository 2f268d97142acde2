#include "host/cli/tensor_tables.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "host/cli/output.h"
#include "host/cli/tensor_roles.h"
#include "host/plan/print.h"
#include "host/stored/scale_faults.h"

namespace clinfer::cli {
namespace {

using Tensors = std::vector<io::Tensor>;

struct FormatSum {
  int64_t tensors = 0;
  int64_t elements = 0;
  int64_t bytes = 0;
};

std::map<std::string, FormatSum> sum_formats(const Tensors& tensors) {
  std::map<std::string, FormatSum> sums;
  for (const io::Tensor& tensor : tensors) {
    FormatSum& sum = sums[tensor.format];
    ++sum.tensors;
    int64_t elements = 1;
    for (const int64_t dim : tensor.shape) elements *= dim;  // the reader has checked the product
    sum.elements += elements;
    sum.bytes += static_cast<int64_t>(tensor.bytes.size());
  }
  return sums;
}

}  // namespace

nlohmann::json tensors_json(const Tensors& tensors) {
  nlohmann::json list = nlohmann::json::array();
  for (const io::Tensor& t : tensors) {
    list.push_back({{"name", t.name},
                    {"stored_name", t.stored_name},
                    {"format", t.format},
                    {"shape", t.shape},
                    {"bytes", t.bytes.size()}});
  }
  return list;
}

void print_tensors(const Tensors& tensors) {
  print_out("{:<10} {:>8} {:>16} {:>12}\n", "format", "tensors", "elements", "bytes");
  for (const auto& [format, sum] : sum_formats(tensors)) {
    print_out("{:<10} {:>8} {:>16} {:>12}\n", format, sum.tensors, sum.elements,
              plan::readable_bytes(static_cast<double>(sum.bytes)));
  }
  size_t width = 6;
  for (const io::Tensor& t : tensors) width = std::max(width, t.name.size());
  width = std::min<size_t>(width, 100);
  print_out("\n{:<{}} {:<8} {:>12}  {}\n", "tensor", width, "format", "bytes", "shape");
  for (const io::Tensor& t : tensors) {
    print_out("{:<{}} {:<8} {:>12}  [{}]\n", t.name, width, t.format,
              plan::readable_bytes(static_cast<double>(t.bytes.size())), fmt::join(t.shape, ", "));
  }
}

std::vector<FaultyScales> faulty_scales(const io::Checkpoint& checkpoint, const graph::Model& model) {
  std::vector<FaultyScales> list;
  for (const auto& [tensor, role] : tensor_roles(model)) {
    if (!stored::find_shape(checkpoint, tensor)) continue;
    const stored::StoredMatrix matrix = stored::stored_matrix(checkpoint, tensor);
    const stored::ScaleFaults faults = stored::scale_faults(matrix);
    stored::release(checkpoint, matrix);
    if (faults.zero + faults.infinite + faults.nan > 0) list.push_back({tensor, faults});
  }
  return list;
}

void print_scales(const std::vector<FaultyScales>& list) {
  if (list.empty()) return;
  print_out("\n{:<60} {:>10} {:>8} {:>8} {:>8}\n", "scales of weights", "scales", "0", "Inf", "NaN");
  for (const auto& [tensor, faults] : list) {
    print_out("{:<60} {:>10} {:>8} {:>8} {:>8}\n", tensor, faults.scales, faults.zero, faults.infinite,
              faults.nan);
  }
}

nlohmann::json scales_json(const std::vector<FaultyScales>& list) {
  nlohmann::json json = nlohmann::json::array();
  for (const auto& [tensor, faults] : list) {
    json.push_back({{"tensor", tensor},
                    {"scales", faults.scales},
                    {"zero", faults.zero},
                    {"infinite", faults.infinite},
                    {"nan", faults.nan}});
  }
  return json;
}

}  // namespace clinfer::cli
