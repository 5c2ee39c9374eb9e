// A run of a query: on a worker, its rows sent to the client's sink as they are found. The worker waits for the sink, so that a
// client who is slow holds up nothing but the own run.
#pragma once

#include <memory>

#include "formats/wire/chartline.capnp.h"
#include "query/run.h"
#include "server/holder.h"

namespace chartline::server {

// Begins at once; `text` goes into the audit. The run ends early when the Run is dropped.
wire::Run::Client start_run(HolderPtr holder, std::shared_ptr<const query::Prepared> query, std::string text,
                            query::RunOptions options, wire::ResultSink::Client sink);

}  // namespace chartline::server
