#pragma once

#include "host/report/section_data.h"
#include "host/report/windows.h"
#include "host/run/engine.h"

namespace clinfer::report {

/// Lets the draft module of an engine propose the token after next along the text, and asks the model itself
/// one token later. Teacher-forced: the text's own tokens follow, so models are asked the same. Throws
/// Error(Fault::run) when the engine has no draft module.
DraftAgreement draft_agreement(run::Engine& engine, const Windows& windows);

}  // namespace clinfer::report
