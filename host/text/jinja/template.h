#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "host/text/jinja/value.h"

namespace clinfer::text::jinja {

struct Program;

/// A parsed template. Immutable: one can be rendered from many threads.
class Template {
 public:
  /// Error(Fault::model) naming `name` (the file) and the line when the source does not parse.
  Template(std::string_view source, std::string name);
  ~Template();
  Template(Template&&) noexcept;
  Template& operator=(Template&&) noexcept;

  /// Renders with the variables given. Work is bounded: 5 million steps, 64 MiB of output, depth 200 of
  /// calls. Error(Fault::usage) for raise_exception(), Error(Fault::model) for other faults; both name the
  /// line.
  std::string render(const Dict& variables) const;

 private:
  std::unique_ptr<const Program> program_;
};

}  // namespace clinfer::text::jinja
