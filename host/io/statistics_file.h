#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/io/safetensors.h"

namespace clinfer::io {

/// Squares of what a matrix was multiplied with, column by column.
struct ColumnSquares {
  std::vector<double> sums;  ///< [cols]
  int64_t rows = 0;          ///< vectors that were added up
};

/// Writes what linear layers read while a text was evaluated, by the names of their weight tensors; for a
/// tensor that stacks matrices (the experts of a layer) one entry each, in their order. A safetensors file
/// with metadata format "clinfer input statistics 1", and for each tensor T
///   T       F32 [cols], stacked [matrices, cols]: the mean of x^2 of each column, 0 where there were no rows
///   T.rows  I64 [1], stacked [matrices]: how many vectors x were seen
/// Throws Error(Fault::run) for I/O faults.
void write_statistics(const std::string& path, const std::map<std::string, std::vector<ColumnSquares>>& all);

/// Such a file, read.
class StatisticsFile {
 public:
  /// Throws Error(Fault::model) naming the file and the tensor when it is none or its parts do not fit, or a
  /// mean is negative or not finite.
  explicit StatisticsFile(const std::string& path);

  /// The mean squares of a tensor's `matrix`-th matrix, [cols], to weight the errors of its columns with;
  /// empty where the file has none, because the tensor is not there or the matrix never saw a row.
  std::vector<float> find(const std::string& tensor, int64_t matrix = 0) const;

  /// Matrices that the tensor stacks; 0 where it is not there.
  int64_t matrices(const std::string& tensor) const;

  /// Matrices that never saw a row: experts no token was routed to.
  int64_t unseen() const { return unseen_; }

 private:
  void check(const Tensor& tensor) const;
  int64_t rows_of(const std::string& tensor, int64_t matrix) const;

  std::string path_;
  SafetensorsFile file_;
  int64_t unseen_ = 0;
};

}  // namespace clinfer::io
