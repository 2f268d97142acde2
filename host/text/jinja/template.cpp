#include "host/text/jinja/template.h"

#include "host/text/jinja/interpreter.h"
#include "host/text/jinja/parser.h"
#include "host/text/jinja/value_text.h"
#include "quant/error.h"

namespace clinfer::text::jinja {

struct Program {
  std::string name;
  Body body;
};

Template::Template(std::string_view source, std::string name) {
  auto program = std::make_unique<Program>();
  program->name = std::move(name);
  program->body = parse(source, program->name);
  program_ = std::move(program);
}

Template::~Template() = default;
Template::Template(Template&&) noexcept = default;
Template& Template::operator=(Template&&) noexcept = default;

std::string Template::render(const Dict& variables) const {
  Dict globals;
  add_functions(globals);
  auto outer = std::make_shared<Scope>();
  for (const Dict* dict : {&std::as_const(globals), &variables}) {
    for (const auto& [key, value] : dict->items) outer->variables[to_text(key)] = value;
  }
  Interpreter interpreter(outer);
  auto message = [&](const char* what) {
    return program_->name + ": line " + std::to_string(interpreter.line()) + ": " + what;
  };
  try {
    return interpreter.run(program_->body);
  } catch (const RaisedError& e) {
    throw Error(Fault::usage, message(e.what()));
  } catch (const RenderError& e) {
    throw Error(Fault::model, message(e.what()));
  }
}

}  // namespace clinfer::text::jinja
