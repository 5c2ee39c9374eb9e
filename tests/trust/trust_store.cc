#include "tests/trust/trust_store.h"

#include <utility>

#include "base/check.h"
#include "engine/storage/memory.h"
#include "engine/trust/rules.h"

namespace chartline::engine {

TrustStore::TrustStore(std::string zone, std::uint32_t shards, std::shared_ptr<Faults> faults)
    : clock(noon("2026-11-20")) {
  const auto disk = std::make_shared<MemoryDisk>();
  Store::init(*memory_backend(disk), {.shards = shards, .zone = std::move(zone)}).value();
  if (!faults) faults = std::make_shared<Faults>();
  store_ = Store::open(std::shared_ptr<Backend>(faulty_backend(memory_backend(disk), std::move(faults))),
                       {.clock = &clock, .decoded_cache_bytes = 0, .fold_in_background = false})
               .value();
}

PatientRef TrustStore::tell(std::string_view patient, record::Event event) {
  const PatientName name = *parse_patient_name(patient);
  const record::Identifier identifier{.system = name.system, .value = name.value};
  const std::string id = "r" + std::to_string(++records_);
  if (event.record.empty()) event.record = id;
  if (event.source.organisation.empty()) event.source.organisation = "org";
  const record::Record record{.identifiers = {&identifier, 1}, .events = {&event, 1}};
  return store_->write({&record, 1}, {}).value().outcomes.front().patient;
}

PatientRef TrustStore::add(std::string_view patient) { return tell(patient, {.kind = record::Kind::patient}); }

void TrustStore::also(std::string_view patient, std::string_view other_name) {
  const PatientName a = *parse_patient_name(patient), b = *parse_patient_name(other_name);
  const record::Identifier identifiers[] = {{.system = a.system, .value = a.value},
                                            {.system = b.system, .value = b.value}};
  const std::string id = "r" + std::to_string(++records_);
  record::Event event{.kind = record::Kind::patient};
  event.source.organisation = "org";
  event.record = id;
  const record::Record record{.identifiers = identifiers, .events = {&event, 1}};
  store_->write({&record, 1}, {}).value();
}

Result<Policy> parse_policy(std::string_view toml, const Files& files) {
  return Policy::parse(toml, "policy.toml", [&](const std::string& path) -> Result<std::string> {
    const auto at = files.find(path);
    if (at == files.end()) return not_found("there is no file " + path);
    return at->second;
  });
}

Policy policy(std::string_view toml, const Files& files) {
  Result<Policy> parsed = parse_policy(toml, files);
  check(parsed.has_value(), parsed ? "" : parsed.error().message.c_str());
  return std::move(*parsed);
}

Claims who(std::string user, std::string role, std::string organisation) {
  return {.user = std::move(user),
          .roles = {std::move(role)},
          .organisation = std::move(organisation),
          .teams = {},
          .patient = {}};
}

}  // namespace chartline::engine
