#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clinfer::cli {

/// One row, named as llama-bench names it: pp512, tg128, tg128 @ d1024.
struct BenchRow {
  std::string test;
  std::vector<double> rates;          ///< tokens a second, one a repetition
  std::vector<double> cpu_seconds{};  ///< of the process, all threads together, likewise

  double mean() const;
  double deviation() const;  ///< of the sample; 0 for a single repetition
};

/// What was measured.
struct BenchSubject {
  std::string model;  ///< file or folder
  std::string family;
  std::string weights;  ///< format, or keep
  std::string cache;    ///< a quant::CacheFormat
  std::string device;
  std::string driver;
  int64_t file_bytes = 0;
  int64_t parameters = 0;
  int64_t batch_tokens = 0;
  double token_weight_bytes = 0;   ///< read for a generated token
  double prompt_matmul_flops = 0;  ///< of matrix products with weights, for a token of a full batch
};

/// The rows as "md" (columns line up), "csv" or "json".
std::string bench_table(const BenchSubject& subject, const std::vector<BenchRow>& rows,
                        const std::string& format);

}  // namespace clinfer::cli
