#include "host/cli/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "quant/error.h"

namespace clinfer::cli {
namespace {

/// The message as a JSON string, whatever bytes it holds.
class JsonMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const nlohmann::json text = std::string(message.payload.data(), message.payload.size());
    const std::string quoted = text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(quoted.data(), quoted.data() + quoted.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonMessage>(); }
};

spdlog::level::level_enum level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::error:
      return spdlog::level::err;
    case config::LogLevel::warn:
      return spdlog::level::warn;
    case config::LogLevel::info:
      return spdlog::level::info;
    case config::LogLevel::debug:
      return spdlog::level::debug;
    case config::LogLevel::trace:
      return spdlog::level::trace;
  }
  return spdlog::level::info;
}

std::shared_ptr<spdlog::logger> make_logger(const std::string& file) {
  try {
    if (!file.empty()) return spdlog::basic_logger_mt("run", file);
  } catch (const spdlog::spdlog_ex& error) {
    throw Error(Fault::usage, "log.file " + file + " cannot be written: " + error.what());
  }
  const auto known = spdlog::get("stderr");
  const char* no_colour = std::getenv("NO_COLOR");  // https://no-color.org
  const bool plain = no_colour != nullptr && *no_colour != '\0';
  return known ? known
               : spdlog::stderr_color_mt("stderr",
                                         plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
}

}  // namespace

void set_up_log(const config::LogConfig& config, const Arguments& arguments) {
  const auto logger = make_logger(config.file);
  logger->set_level(arguments.quiet         ? spdlog::level::err
                    : arguments.verbose > 1 ? spdlog::level::trace
                    : arguments.verbose > 0 ? spdlog::level::debug
                                            : level_of(config.level));
  if (config.format == config::LogFormat::json) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<JsonMessage>('*').set_pattern(
        R"({"time": "%Y-%m-%dT%H:%M:%S.%e", "level": "%l", "message": %*})");
    logger->set_formatter(std::move(formatter));
  } else {
    logger->set_pattern("%^%l%$: %v");
  }
  spdlog::set_default_logger(logger);
}

}  // namespace clinfer::cli
