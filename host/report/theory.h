#pragma once

#include <string>

#include "host/report/data.h"
#include "quant/format.h"

namespace clinfer::report {

/// Encodes and decodes random values by the format itself, 256 x 4096 of them, the same at each call. The
/// standard deviation is that of trained weights, 0.02.
Theory simulate(const quant::Format& format);

/// Says what a measured SQNR means beside the format's own: as Gaussian data, heavy tails, data that lay on a
/// coarser grid before, or a defect.
std::string verdict_of(const Theory& theory, double measured_db);

}  // namespace clinfer::report
