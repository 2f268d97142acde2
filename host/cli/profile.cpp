#include "host/cli/profile.h"

#include <cstdio>

#include <spdlog/spdlog.h>

#include "host/cli/output.h"
#include "host/cli/profile_sums.h"
#include "host/cli/profile_table.h"
#include "host/cli/profile_trace.h"

namespace clinfer::cli {

std::shared_ptr<run::Profile> begin_profile(const std::string& verb, const std::string& path) {
  if (path.empty()) return nullptr;
  check_output_path(verb + " --profile", path);
  return std::make_shared<run::Profile>();
}

void finish_profile(const std::string& path, const run::Profile& profile, const LoadedModel& model) {
  std::vector<ProfiledDevice> devices;
  for (const graph::DeviceInfo& info : model.engine->options().devices)
    devices.push_back({info, cl::known_or_measured_speed(info, model.programs->disk())});
  const ProfileFacts facts(profile, devices);
  write_file(path, profile_trace(profile, facts));
  const std::string table = profile_table(profile, facts);
  std::fwrite(table.data(), 1, table.size(), stderr);
}

}  // namespace clinfer::cli
