// What a store knows besides records: code lists, names, figures.
#include "clients/cpp/connection.h"
#include "clients/cpp/parts.h"
#include "clients/cpp/read.h"

namespace chartline::client {
namespace {

ListVersion read_version(wire::ListVersion::Reader from) {
  const auto origin = from.getOrigin();
  return {.number = from.getNumber(),
          .recorded = from.getRecorded(),
          .removed = from.getRemoved(),
          .entries = from.getEntries(),
          .origin = {read_text(origin.getFile()), read_text(origin.getHash()), origin.getRejected()}};
}

std::vector<Figure> read_figures(capnp::List<wire::Figure>::Reader from) {
  std::vector<Figure> figures;
  for (const auto one : from) figures.push_back({read_text(one.getName()), one.getValue()});
  return figures;
}

std::vector<std::string> read_texts(capnp::List<capnp::Text>::Reader from) {
  std::vector<std::string> texts;
  for (const auto text : from) texts.push_back(read_text(text));
  return texts;
}

wire::CodeLists::Client lists_of(Loop& loop) { return loop.session().codeListsRequest().send().getLists(); }

}  // namespace

Result<std::vector<CodeList>> Connection::code_lists() {
  return parts_->call([](Loop& loop) {
    return lists_of(loop).allRequest().send().then([](capnp::Response<wire::CodeLists::AllResults> found) {
      std::vector<CodeList> lists;
      for (const auto from : found.getLists()) {
        CodeList list{.name = read_text(from.getName()), .versions = {}};
        for (const auto version : from.getVersions()) list.versions.push_back(read_version(version));
        // A list has versions: others are none.
        if (!list.versions.empty()) lists.push_back(std::move(list));
      }
      return lists;
    });
  });
}

Result<std::vector<ListEntry>> Connection::list_entries(const std::string& name, std::uint32_t version) {
  return parts_->call([&](Loop& loop) {
    auto request = lists_of(loop).entriesRequest();
    request.setName(name);
    request.setVersion(version);
    return request.send().then([](capnp::Response<wire::CodeLists::EntriesResults> found) {
      std::vector<ListEntry> entries;
      for (const auto from : found.getEntries()) {
        const auto code = from.getCode();
        entries.push_back({.system = read_text(code.getSystem()),
                           .code = read_text(code.getCode()),
                           .display = read_text(code.getDisplay()),
                           .reach = from.getReach(),
                           .excluded = from.getExcluded(),
                           .carried = from.getCarried()});
      }
      return entries;
    });
  });
}

Result<KeptList> Connection::keep_list(const std::string& name, const std::vector<ListEntry>& entries,
                                       const ListOrigin& origin) {
  return parts_->call(
      [&](Loop& loop) {
        auto request = lists_of(loop).keepRequest();
        request.setName(name);
        auto into = request.initEntries(static_cast<unsigned>(entries.size()));
        for (unsigned i = 0; i < into.size(); ++i) {
          auto code = into[i].initCode();
          code.setSystem(entries[i].system);
          code.setCode(entries[i].code);
          code.setDisplay(entries[i].display);
          into[i].setReach(entries[i].reach);
          into[i].setExcluded(entries[i].excluded);
        }
        auto from = request.initOrigin();
        from.setFile(origin.file);
        from.setHash(origin.hash);
        from.setRejected(origin.rejected);
        return request.send().then([](capnp::Response<wire::CodeLists::KeepResults> kept) {
          return KeptList{read_version(kept.getVersion()), kept.getIsNew()};
        });
      },
      Lost::outcome_of_a_write);
}

Result<void> Connection::remove_list(const std::string& name) {
  return parts_->call(
      [&](Loop& loop) {
        auto request = lists_of(loop).removeRequest();
        request.setName(name);
        return request.send().ignoreResult();
      },
      Lost::outcome_of_a_write);
}

Result<std::vector<TerminologyVersion>> Connection::terminology() {
  return parts_->call([](Loop& loop) {
    return lists_of(loop).terminologyRequest().send().then([](capnp::Response<wire::CodeLists::TerminologyResults> found) {
      std::vector<TerminologyVersion> versions;
      for (const auto from : found.getVersions())
        versions.push_back({read_text(from.getName()), read_text(from.getPin()), from.getConcepts(), from.getLinks()});
      return versions;
    });
  });
}

Result<std::vector<Identifier>> Connection::identifiers(const std::string& patient) {
  return parts_->call([&](Loop& loop) {
    auto request = loop.session().identifiersRequest();
    request.setPatient(patient);
    return request.send().then([](capnp::Response<wire::Session::IdentifiersResults> found) {
      std::vector<Identifier> identifiers;
      for (const auto one : found.getIdentifiers()) identifiers.push_back(own_identifier(one));
      return identifiers;
    });
  });
}

Result<std::vector<std::string>> Connection::code_systems(const std::string& code) {
  return parts_->call([&](Loop& loop) {
    auto request = loop.session().codeSystemsRequest();
    request.setCode(code);
    return request.send().then(
        [](capnp::Response<wire::Session::CodeSystemsResults> found) { return read_texts(found.getSystems()); });
  });
}

Result<Position> Connection::position() {
  return parts_->call([](Loop& loop) {
    return loop.session().positionRequest().send().then(
        [](capnp::Response<wire::Session::PositionResults> found) { return read_position(found.getPosition()); });
  });
}

Result<std::vector<Figure>> Connection::figures() {
  return parts_->call([](Loop& loop) {
    return loop.session().figuresRequest().send().then(
        [](capnp::Response<wire::Session::FiguresResults> found) { return read_figures(found.getFigures()); });
  });
}

Result<CheckReport> Connection::check(bool deep) {
  return parts_->call([&](Loop& loop) {
    auto request = loop.session().checkRequest();
    request.setDeep(deep);
    return request.send().then([](capnp::Response<wire::Session::CheckResults> found) {
      const auto report = found.getReport();
      return CheckReport{.figures = read_figures(report.getFigures()),
                         .findings = read_texts(report.getFindings()),
                         .findings_left_out = report.getFindingsLeftOut()};
    });
  });
}

Result<BackupReport> Connection::backup() {
  return parts_->call([](Loop& loop) {
    return loop.session().backupRequest().send().then([](capnp::Response<wire::Session::BackupResults> found) {
      const auto report = found.getReport();
      return BackupReport{.name = report.getName().cStr(),
                          .position = read_position(report.getPosition()),
                          .figures = read_figures(report.getFigures())};
    });
  });
}

}  // namespace chartline::client
