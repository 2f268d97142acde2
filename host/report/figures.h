#pragma once

#include <string>

#include "host/report/data.h"

namespace clinfer::report {

std::string pareto_bytes_figure(const Report& report);  ///< KL against bytes, the knee ringed
std::string pareto_speed_figure(const Report& report);  ///< KL against generation speed; "" without speeds
std::string layer_figure(const Report& report);         ///< SQNR of the weights by layer
std::string tensors_figure(const Report& report);       ///< a dot for each tensor, coloured by role
std::string scales_figures(const Report& report);       ///< histograms of the scales

}  // namespace clinfer::report
