// What commands ask of a store besides its records: where it stands, what it knows by name, whether it is sound.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

using BackupCall = capnp::CallContext<wire::Session::BackupParams, wire::Session::BackupResults>;
using CheckCall = capnp::CallContext<wire::Session::CheckParams, wire::Session::CheckResults>;
using CodeSystemsCall = capnp::CallContext<wire::Session::CodeSystemsParams, wire::Session::CodeSystemsResults>;
using FiguresCall = capnp::CallContext<wire::Session::FiguresParams, wire::Session::FiguresResults>;
using IdentifiersCall = capnp::CallContext<wire::Session::IdentifiersParams, wire::Session::IdentifiersResults>;
using PositionCall = capnp::CallContext<wire::Session::PositionParams, wire::Session::PositionResults>;

kj::Promise<void> position(HolderPtr holder, PositionCall context);
kj::Promise<void> identifiers(HolderPtr holder, IdentifiersCall context);
kj::Promise<void> code_systems(HolderPtr holder, CodeSystemsCall context);
kj::Promise<void> figures(HolderPtr holder, FiguresCall context);
kj::Promise<void> check_store(HolderPtr holder, CheckCall context);
kj::Promise<void> back_up(HolderPtr holder, BackupCall context);

}  // namespace chartline::server
