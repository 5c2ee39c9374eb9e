#include "engine/trust/grant.h"

#include <algorithm>

#include "base/hash.h"
#include "engine/trust/deidentify.h"

namespace chartline::engine {
namespace {

void write(const CategoryRule& rule, Writer& out) {
  out.u8(rule.all_granted);
  out.varint(rule.granted), out.varint(rule.withheld);
}

void write(const Category& category, Writer& out) {
  out.varint(category.kinds);
  for (const auto* codes : {&category.prefixes}) {
    out.varint(codes->size());
    for (const auto& [system, code] : *codes) out.text(system), out.text(code);
  }
  out.varint(category.codes.size());
  for (const auto& [system, code] : category.codes) out.text(system), out.text(code);
}

std::uint64_t mark_of(const Grant& grant) {
  Bytes bytes;
  Writer out(bytes);
  grant.patients.write(out);
  out.varint(grant.sources.size());
  for (const SourceScope& source : grant.sources) out.text(source.organisation), out.text(source.system);
  if (grant.categories) {
    for (const Category& category : grant.categories->all()) write(category, out);
  }
  write(grant.of_everyone, out);
  for (const auto& [patient, rule] : grant.of_patient) {
    out.varint(patient.shard), out.varint(patient.id);
    write(rule, out);
  }
  out.u8(grant.identifiable);
  if (grant.deidentified) grant.deidentified->write(out);
  return hash64(bytes);
}

}  // namespace

Result<void> Grant::require(Right right) const {
  if (right == Right::figures && disclosure != Disclosure::none && !figures_key)
    return denied(
        "figures under disclosure control need a key, and the policy has no [deidentification] that names one");
  if (may(right)) return {};
  return denied("this session may not have " + std::string(name(right)) + ": as " + std::string(name(role)) + " for " +
                std::string(name(purpose)) + " it may have " + names(rights));
}

Result<void> Grant::require_past() const {
  if (!deidentified) return {};
  return denied("rows of a de-identified view as of an instant: they would tell when things were recorded");
}

const CategoryRule& Grant::rule_of(PatientRef patient) const {
  const auto at = std::ranges::lower_bound(of_patient, patient, {}, [](const auto& one) { return one.first; });
  return at != of_patient.end() && at->first == patient ? at->second : of_everyone;
}

bool Grant::shows(PatientRef patient, const record::Event& event) const {
  if (!patients.contains(patient)) return false;
  const auto covers = [&](const SourceScope& scope) { return scope.covers(event.source); };
  if (!sources.empty() && std::ranges::none_of(sources, covers)) return false;
  const CategoryRule& rule = rule_of(patient);
  return rule.shows_everything() || rule.shows(categories ? categories->of(event) : 0);
}

std::shared_ptr<const Grant> seal(Grant grant) {
  std::ranges::sort(grant.of_patient, {}, [](const auto& one) { return one.first; });
  grant.whole = grant.patients;
  for (const auto& [patient, rule] : grant.of_patient) {
    if (!rule.shows_everything()) grant.whole.remove(patient);
  }
  grant.mark = mark_of(grant);
  return std::make_shared<const Grant>(std::move(grant));
}

}  // namespace chartline::engine
