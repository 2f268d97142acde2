#pragma once

#include <map>
#include <string>

#include "graph/value.h"
#include "host/cl/context.h"

namespace clinfer::run {

/// Makes up weights on a device. Vectors are ones. A matrix is normal numbers of deviation cols^-1/2, so that
/// values neither grow nor fade from layer to layer: the host encodes one block of rows for each format and
/// number of columns, the device copies it to wherever it is wanted, beginning with another of its rows for
/// each expert of each matrix. The same in every run.
class DummyWeights {
 public:
  explicit DummyWeights(cl::Device device) : device_(std::move(device)) {}

  /// Fills the buffer of a weight, of kernels::WeightLayout.
  void fill(const graph::Weight& weight, const cl::Buffer& buffer);

 private:
  struct Block {
    int64_t rows = 0;
    cl::Buffer codes;
    cl::Buffer scales;
  };
  const Block& block_of(const graph::Weight& weight);
  void fill_matrix(const graph::Weight& weight, int64_t expert, const cl::Buffer& buffer);

  cl::Device device_;
  std::map<std::string, Block> blocks_;
};

}  // namespace clinfer::run
