#pragma once

#include <set>
#include <string>
#include <vector>

namespace clinfer::report {

/// Optional parts of a report, each with a cost of its own.
enum class Section {
  propagation,  ///< error of the residual stream behind each layer
  routing,      ///< tokens whose experts change
  activations,  ///< what formats would do to the inputs of matrix products
  draft,        ///< agreement of the draft module with the model
  needle,       ///< a string planted earlier and asked for again
  generation,   ///< where greedy texts part
  determinism,  ///< the same run again, by other kernels, on another device
  kernels,      ///< error of each kernel in units of its bound
  conformance,  ///< formats decoded on the device beside the host
  attribution,  ///< which part of the model the loss comes from
};
using Sections = std::set<Section>;

const std::vector<std::string>& section_names();

/// The sections of those names; all for none. Throws Error(Fault::usage) that begins with "report.sections".
Sections sections_of(const std::vector<std::string>& names);

}  // namespace clinfer::report
