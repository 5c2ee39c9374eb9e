// link and unlink: each other's inverse.
#include "cli/open_store.h"
#include "cli/runs.h"

namespace chartline::cli {
namespace {

struct Pair {
  record::Identifier one, other;
};

Result<Pair> pair_named(const Invocation& invocation, engine::Store& store, record::Arena& room) {
  const engine::View view = store.view();
  const record::Identifier one = TRY(first_identifier(view, invocation.argument(0), room));
  const record::Identifier other = TRY(first_identifier(view, invocation.argument(1), room));
  return Pair{one, other};
}

}  // namespace

Result<void> run_link(const Invocation& invocation, Console& console) {
  const auto store = TRY(open_store(invocation, Access::write));
  record::Arena room;
  const Pair pair = TRY(pair_named(invocation, *store, room));
  TRY(store->link(pair.one, pair.other));
  console.note("linked: both identifiers find the whole person");
  return {};
}

Result<void> run_unlink(const Invocation& invocation, Console& console) {
  const auto store = TRY(open_store(invocation, Access::write));
  record::Arena room;
  const Pair pair = TRY(pair_named(invocation, *store, room));
  TRY(store->unlink(pair.one, pair.other));
  console.note("unlinked: they are two patients again");
  return {};
}

}  // namespace chartline::cli
