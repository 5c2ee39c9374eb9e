#include "engine/trust/writing.h"

#include <algorithm>
#include <string>

#include "base/hash.h"

namespace chartline::engine {
namespace {

Error refused(std::size_t record, std::string_view why) {
  return denied("record " + std::to_string(record + 1) + ": " + std::string(why));
}

Result<void> may_write_own(const Grant& grant, const record::Record& one, std::size_t at) {
  const auto is_own = [&](const record::Event& event) {
    return !grant.organisation.empty() && event.source.organisation == grant.organisation;
  };
  if (!std::ranges::all_of(one.events, is_own)) return refused(at, "its source is not the organisation of the session");
  return {};
}

constexpr std::string_view contribution = "contribution";

Result<void> may_contribute(const View& view, const record::Record& one, std::size_t at) {
  const Grant& grant = *view.grant();
  const auto author = grant.role == Role::carer ? record::Author::carer : record::Author::patient;
  const std::string system = contribution_system(grant);
  for (const record::Event& event : one.events) {
    if (event.author != author) return refused(at, "its author is not who contributes it");
    if (event.source.organisation != name(grant.role) || event.source.system != system)
      return refused(at,
                     "its source is not that of contributions: organisation the role, system that of who contributes");
    if (event.kind == record::Kind::patient) return refused(at, "who the person is cannot be contributed");
  }
  if (one.identifiers.size() != 1) return refused(at, "it names its person by one identifier");
  const record::Identifier& named = one.identifiers.front();
  // By SYSTEM|VALUE alone, and to someone who is there: a contribution makes no new patient.
  const std::string asked = std::string(named.system) + "|" + std::string(named.value);
  const auto patient = TRY(view.find(asked));
  record::Arena room;
  const auto names = patient ? TRY(view.identifiers(*patient, room)) : std::vector<record::Identifier>();
  const auto is_it = [&](const record::Identifier& one_of) {
    return one_of.system == named.system && one_of.value == named.value;
  };
  if (std::ranges::none_of(names, is_it)) return refused(at, "it is of nobody whom the session sees");
  return {};
}

}  // namespace

std::string contribution_system(const Grant& grant) {
  const std::string system(contribution);
  return grant.role == Role::carer ? system + " " + hex(hash128("contribution of " + grant.user)) : system;
}

Result<void> may_write(const View& narrowed, std::span<const record::Record> records) {
  const Grant* const grant = narrowed.grant();
  if (!grant) return {};
  const bool own = grant->may(Right::write_own_organisation);
  if (!own) TRY(grant->require(Right::contribute));
  for (std::size_t i = 0; i < records.size(); ++i)
    TRY(own ? may_write_own(*grant, records[i], i) : may_contribute(narrowed, records[i], i));
  return {};
}

}  // namespace chartline::engine
