#pragma once

#include <string>
#include <vector>

#include "host/kernels/variant.h"

namespace clinfer::kernels {

/// How a kernel reads columns of a value (cl_kernels/include/cache_row.clh has the same numbers).
enum class Storage {
  matrix = 0,  ///< rows of f32
  codes = 1,   ///< what a cache's format codes
  tail = 2,    ///< the f16 columns behind them
};

/// Where columns from `first` on are read from.
Storage storage_of(const graph::Value& value, int64_t first);

/// `col` counted from where its storage starts.
int64_t storage_column(const graph::Value& value, int64_t col);

/// The byte of a cache row where a column starts that is not one of a group.
int64_t column_byte(const graph::Value& value, int64_t col);

/// Bytes of a row of a cache or matrix.
int64_t row_bytes(const graph::Value& value);

/// Columns that share a scale; 0 for matrices and for caches of plain types.
int64_t scale_group(const graph::Value& value);

/// Yes when all of these that are caches have one layout, which kernels can read. Null pointers do not count.
Support cache_support(const std::vector<const graph::Value*>& values);

/// The macros of include/cache_row.clh for the first of these that is a cache, f32 when none is.
std::vector<std::string> cache_constants(const OpContext& context,
                                         const std::vector<const graph::Value*>& values);

}  // namespace clinfer::kernels
