#pragma once

#include <string>

#include "host/report/data.h"

namespace clinfer::report {

// "" where a report lacks what a figure shows.
std::string propagation_figure(const Report& report);  ///< residual stream's SQNR by layer
std::string routing_figure(const Report& report);      ///< share of tokens that change experts, by layer
std::string depth_figure(const Report& report);        ///< KL by position
std::string flips_figure(const Report& report);        ///< share of changed first tokens by base margin
std::string needle_figure(const Report& report);       ///< -log p of the planted tokens by depth
std::string attribution_figure(const Report& report);  ///< KL of the parts alone

}  // namespace clinfer::report
