#include "clients/cpp/connection.h"

#include "clients/cpp/parts.h"
#include "clients/cpp/read.h"
#include "formats/wire/events_writer.h"

namespace chartline::client {

Connection::Connection(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}
Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::open(const Options& options) {
  if (!options.token.empty() && !options.user.empty())
    return invalid_request("a token and a user with a password exclude each other");
  auto parts = std::make_shared<Parts>(options.cancel);
  TRY(parts->start());
  TRY(parts->call([&](Loop& loop) { return loop.connect(options); }));
  TRY(parts->on_loop([&](Loop& loop) { parts->about = loop.about; }));
  return std::unique_ptr<Connection>(new Connection(std::move(parts)));
}

const About& Connection::about() const { return parts_->about; }

void Connection::close() { parts_->stop(); }

Result<void> Connection::log_out() {
  return parts_->call([](Loop& loop) { return loop.session().logoutRequest().send().ignoreResult(); });
}

Result<std::vector<std::string>> Connection::cohorts() {
  return parts_->call([](Loop& loop) {
    return loop.session().cohortsRequest().send().then([](capnp::Response<wire::Session::CohortsResults> found) {
      std::vector<std::string> names;
      for (const auto name : found.getNames()) names.push_back(read_text(name));
      return names;
    });
  });
}

namespace {

auto cohort_named(Loop& loop, const std::string& name) {
  auto request = loop.session().cohortRequest();
  request.setName(name);
  return request.send().getCohort();
}

auto link_of(Loop& loop, const record::Identifier& a, const record::Identifier& b, bool together) {
  auto request = loop.session().linkRequest();
  wire::write(a, request.initA());
  wire::write(b, request.initB());
  request.setTogether(together);
  return request.send().ignoreResult();
}

}  // namespace

Result<std::string> Connection::cohort(const std::string& name) {
  return parts_->call([&](Loop& loop) {
    return cohort_named(loop, name).textRequest().send().then([](capnp::Response<wire::Cohort::TextResults> found) {
      return read_text(found.getText());
    });
  });
}

Result<std::vector<Complaint>> Connection::save_cohort(const std::string& name, const std::string& text,
                                                       const QueryOptions& options) {
  return parts_->call(
      [&](Loop& loop) {
        auto request = loop.session().saveCohortRequest();
        request.setName(name);
        request.setText(text);
        write(options, request.initOptions());
        return request.send().then([](capnp::Response<wire::Session::SaveCohortResults> saved) {
          return read_complaints(saved.getComplaints());
        });
      },
      Lost::outcome_of_a_write);
}

Result<void> Connection::remove_cohort(const std::string& name) {
  return parts_->call([&](Loop& loop) { return cohort_named(loop, name).removeRequest().send().ignoreResult(); },
                      Lost::outcome_of_a_write);
}

Result<CohortChanges> Connection::cohort_changes(const std::string& name, const Position& since) {
  return parts_->call([&](Loop& loop) {
    auto request = cohort_named(loop, name).changesRequest();
    auto position = request.initSince(static_cast<unsigned>(since.size()));
    for (unsigned i = 0; i < position.size(); ++i) position.set(i, since[i]);
    return request.send().then([](capnp::Response<wire::Cohort::ChangesResults> found) {
      CohortChanges told{.changes = {}, .position = read_position(found.getPosition())};
      for (const auto one : found.getChanges())
        told.changes.push_back({own_identifier(one.getPatient()), one.getEntered()});
      return told;
    });
  });
}

Result<void> Connection::link(const record::Identifier& a, const record::Identifier& b) {
  return parts_->call([&](Loop& loop) { return link_of(loop, a, b, true); }, Lost::outcome_of_a_write);
}

Result<void> Connection::unlink(const record::Identifier& a, const record::Identifier& b) {
  return parts_->call([&](Loop& loop) { return link_of(loop, a, b, false); }, Lost::outcome_of_a_write);
}

Result<std::string> Connection::hash(bool history) {
  return parts_->call([&](Loop& loop) {
    auto request = loop.session().hashRequest();
    request.setHistory(history);
    return request.send().then(
        [](capnp::Response<wire::Session::HashResults> found) { return read_text(found.getHash()); });
  });
}

Result<std::string> Connection::stats() {
  return parts_->call([](Loop& loop) {
    return loop.session().statsRequest().send().then(
        [](capnp::Response<wire::Session::StatsResults> found) { return read_text(found.getText()); });
  });
}

}  // namespace chartline::client
