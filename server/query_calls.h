// Queries: prepared once, run as often as is asked, their rows streamed to the client's sink.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

using CohortCall = capnp::CallContext<wire::Session::CohortParams, wire::Session::CohortResults>;
using CohortsCall = capnp::CallContext<wire::Session::CohortsParams, wire::Session::CohortsResults>;
using PrepareCall = capnp::CallContext<wire::Session::PrepareParams, wire::Session::PrepareResults>;
using SaveCohortCall = capnp::CallContext<wire::Session::SaveCohortParams, wire::Session::SaveCohortResults>;

kj::Promise<void> prepare(HolderPtr holder, PrepareCall context);

kj::Promise<void> list_cohorts(HolderPtr holder, CohortsCall context);
kj::Promise<void> find_cohort(HolderPtr holder, CohortCall context);
kj::Promise<void> save_cohort(HolderPtr holder, SaveCohortCall context);

}  // namespace chartline::server
