// The audit log, for those who watch over it; and for a patient, who saw the own record.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "server/holder.h"

namespace chartline::server {

using AuditEntriesCall = capnp::CallContext<wire::Session::AuditEntriesParams, wire::Session::AuditEntriesResults>;
using AuditReportCall = capnp::CallContext<wire::Session::AuditReportParams, wire::Session::AuditReportResults>;

kj::Promise<void> audit_entries(HolderPtr holder, AuditEntriesCall context);
kj::Promise<void> audit_report(HolderPtr holder, AuditReportCall context);

}  // namespace chartline::server
