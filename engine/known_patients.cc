#include "engine/known_patients.h"

#include "base/hash.h"
#include "base/same_text.h"

namespace chartline::engine {
namespace {

constexpr std::size_t known_max = 1u << 20;

}  // namespace

Result<Identity::Resolved> KnownPatients::resolve(std::span<const record::Identifier> identifiers) {
  if (identifiers.size() != 1) return identity_.resolve(identifiers);
  const record::Identifier& one = identifiers.front();
  const auto is_it = [&](const Known& known) {
    return same_text(known.value, one.value) && same_text(known.system, one.system);
  };
  if (last_ && is_it(*last_)) return last_->resolved;
  const std::uint64_t hash = keyed_hash64(one.value, one.system.size());
  for (std::size_t at = hash & (slots_.size() - 1); slots_[at]; at = (at + 1) & (slots_.size() - 1))
    if (slots_[at]->hash == hash && is_it(*slots_[at])) {
      last_ = slots_[at];
      return last_->resolved;
    }
  const Identity::Resolved resolved = TRY(identity_.resolve(identifiers));
  if (known_.size() >= known_max) forget();
  last_ = &known_.emplace_back(Known{hash, std::string(one.system), std::string(one.value), resolved});
  if (known_.size() * 2 > slots_.size()) grow();
  else place(last_);
  return resolved;
}

void KnownPatients::place(const Known* known) {
  std::size_t at = known->hash & (slots_.size() - 1);
  while (slots_[at]) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = known;
}

void KnownPatients::grow() {
  slots_.assign(slots_.size() * 2, nullptr);
  for (const Known& known : known_) place(&known);
}

void KnownPatients::forget() {
  known_.clear();
  slots_.assign(slots_min, nullptr);
  last_ = nullptr;
}

}  // namespace chartline::engine
