#include "server/code_list_calls.h"

#include <utility>

#include "engine/terminology.h"
#include "formats/wire/events_reader.h"
#include "query/code_lists.h"
#include "server/acts.h"

namespace chartline::server {
namespace {

using query::CodeList;
using query::CodeLists;
using query::ListEntry;
using query::ListVersion;

std::string copy(capnp::Text::Reader text) { return std::string(wire::view(text)); }

void write(const ListVersion& version, wire::ListVersion::Builder into) {
  into.setNumber(version.number);
  into.setRecorded(version.recorded);
  into.setRemoved(version.removed);
  into.setEntries(version.entries);
  auto origin = into.initOrigin();
  origin.setFile(version.origin.file);
  origin.setHash(version.origin.hash);
  origin.setRejected(version.origin.rejected);
}

Result<std::vector<ListEntry>> read_entries(capnp::List<wire::ListEntry>::Reader from) {
  std::vector<ListEntry> entries;
  for (const auto entry : from) {
    if (entry.getReach() > static_cast<unsigned>(query::Reach::self_and_descendants))
      return invalid_request("entries: the column reach is not as it may be");
    const auto code = entry.getCode();
    entries.push_back({.code = {copy(code.getSystem()), copy(code.getCode())},
                       .reach = static_cast<query::Reach>(entry.getReach()),
                       .excluded = entry.getExcluded(),
                       .display = copy(code.getDisplay())});
  }
  return entries;
}

struct Shown {
  ListEntry entry;
  bool carried = false;
};
void write(const std::vector<Shown>& shown, capnp::List<wire::ListEntry>::Builder into) {
  for (unsigned i = 0; i < into.size(); ++i) {
    auto code = into[i].initCode();
    code.setSystem(shown[i].entry.code.system);
    code.setCode(shown[i].entry.code.code);
    code.setDisplay(shown[i].entry.display);
    into[i].setReach(static_cast<std::uint8_t>(shown[i].entry.reach));
    into[i].setExcluded(shown[i].entry.excluded);
    into[i].setCarried(shown[i].carried);
  }
}

Result<std::vector<Shown>> shown_entries(const Holder& holder, const std::string& name, std::uint32_t version) {
  const engine::View view = holder.view();
  std::vector<Shown> shown;
  std::vector<ListEntry> entries = TRY(CodeLists(holder.services.store).entries(name, version));
  const std::vector<bool> carried = TRY(query::carried(view, entries));
  for (std::size_t i = 0; i < entries.size(); ++i) shown.push_back({std::move(entries[i]), carried[i]});
  return shown;
}

struct Kept {
  ListVersion version;
  bool is_new = false;
};
Result<Kept> keep_list(const Holder& holder, const std::string& name, std::vector<ListEntry> entries,
                       query::ListOrigin origin) {
  CodeLists lists(holder.services.store);
  const auto before = TRY(lists.find(name));
  Kept kept;
  kept.version = TRY(lists.keep(name, std::move(entries), std::move(origin), holder.services.clock.now()));
  kept.is_new = !before || before->versions.back().number != kept.version.number;
  return kept;
}

class CodeListsServer final : public wire::CodeLists::Server {
 public:
  CodeListsServer(HolderPtr holder, HeldObject object) : holder_(std::move(holder)), object_(std::move(object)) {}

  kj::Promise<void> all(AllContext context) override {
    return as_read(holder_, says("code lists"), [&] {
      return workers()
          .run(Lane::read, [holder = holder_] { return CodeLists(holder->services.store).all(); })
          .then([context](std::vector<CodeList> lists) mutable {
            auto into = context.getResults().initLists(static_cast<unsigned>(lists.size()));
            for (unsigned i = 0; i < into.size(); ++i) {
              into[i].setName(lists[i].name);
              auto versions = into[i].initVersions(static_cast<unsigned>(lists[i].versions.size()));
              for (unsigned k = 0; k < versions.size(); ++k) write(lists[i].versions[k], versions[k]);
            }
          });
    });
  }

  kj::Promise<void> entries(EntriesContext context) override {
    const auto asked = [&] { return "code list " + copy(context.getParams().getName()); };
    return as_read(holder_, asked, [&] {
      const auto params = context.getParams();
      auto work = [holder = holder_, name = copy(params.getName()), version = params.getVersion()] {
        return shown_entries(*holder, name, version);
      };
      return workers().run(Lane::read, std::move(work)).then([context](std::vector<Shown> shown) mutable {
        write(shown, context.getResults().initEntries(static_cast<unsigned>(shown.size())));
      });
    });
  }

  kj::Promise<void> keep(KeepContext context) override {
    return set([&] {
      const auto params = context.getParams();
      auto entries = value_or_throw(read_entries(params.getEntries()));
      const auto origin = params.getOrigin();
      auto work =
          [holder = holder_, name = copy(params.getName()), entries = std::move(entries),
           from = query::ListOrigin{copy(origin.getFile()), copy(origin.getHash()), origin.getRejected()}]() mutable {
            return keep_list(*holder, name, std::move(entries), std::move(from));
          };
      context.releaseParams();
      return workers().run(Lane::write, std::move(work)).then([context](Kept kept) mutable {
        write(kept.version, context.getResults().initVersion());
        context.getResults().setIsNew(kept.is_new);
      });
    });
  }

  kj::Promise<void> remove(RemoveContext context) override {
    return set([&] {
      auto work = [holder = holder_, name = copy(context.getParams().getName())]() -> Result<void> {
        TRY(CodeLists(holder->services.store).remove(name, holder->services.clock.now()));
        return {};
      };
      return workers().run(Lane::write, std::move(work));
    });
  }

  kj::Promise<void> terminology(TerminologyContext context) override {
    return as_read(holder_, says("terminology"), [&] {
      return workers()
          .run(Lane::read, [holder = holder_] { return engine::terminology_versions(holder->services.store); })
          .then([context](std::vector<engine::TerminologyVersion> versions) mutable {
            auto into = context.getResults().initVersions(static_cast<unsigned>(versions.size()));
            for (unsigned i = 0; i < into.size(); ++i) {
              into[i].setName(versions[i].name);
              into[i].setPin(versions[i].pin);
              into[i].setConcepts(versions[i].concepts);
              into[i].setLinks(versions[i].links);
            }
          });
    });
  }

 private:
  Workers& workers() const { return holder_->services.workers; }
  // For whoever looks after the store.
  template <typename Call>
  kj::Promise<void> set(Call call) {
    return as_act(holder_, engine::Act::set_value, [&]() -> kj::Promise<void> {
      if (const auto may = holder_->require(engine::Right::operate); !may) return to_exception(may.error());
      return call().then([holder = holder_] { return holder->enter(holder->entry(engine::Act::set_value)); });
    });
  }

  HolderPtr holder_;
  HeldObject object_;
};

}  // namespace

wire::CodeLists::Client make_code_lists(HolderPtr holder, HeldObject object) {
  return kj::heap<CodeListsServer>(std::move(holder), std::move(object));
}

}  // namespace chartline::server
