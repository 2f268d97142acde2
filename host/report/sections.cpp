#include "host/report/sections.h"

#include <algorithm>

#include "quant/error.h"

namespace clinfer::report {

const std::vector<std::string>& section_names() {
  static const std::vector<std::string> names = {"propagation", "routing",    "activations", "draft",
                                                 "needle",      "generation", "determinism", "kernels",
                                                 "conformance", "attribution"};
  return names;
}

Sections sections_of(const std::vector<std::string>& names) {
  const std::vector<std::string>& known = section_names();
  Sections sections;
  for (const std::string& name : names.empty() ? known : names) {
    const auto at = std::find(known.begin(), known.end(), name);
    if (at == known.end()) {
      std::string list;
      for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
      throw Error(Fault::usage, "report.sections: " + name + " is not one; expected some of: " + list);
    }
    sections.insert(static_cast<Section>(at - known.begin()));
  }
  return sections;
}

}  // namespace clinfer::report
