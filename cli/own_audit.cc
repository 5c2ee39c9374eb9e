#include "cli/own_audit.h"

#include <pwd.h>
#include <unistd.h>

namespace chartline::cli {

using engine::Act;
using engine::AuditEntry;
using engine::AuditOutcome;

namespace {

class WatchingSink final : public query::ResultSink {
 public:
  WatchingSink(const OwnAudit& audit, engine::Store& store, query::Told told, query::ResultSink& sink)
      : audit_(audit), store_(store), told_(std::move(told)), sink_(sink) {}

  Result<void> begin(const query::Schema& schema) override {
    entry_ = own_act(Act::query, schema.text);
    entry_.everyone = schema.statement == "list" || schema.statement == "events";
    if (schema.statement == "why") entry_.patients = told_.patients;
    entry_.outcome = AuditOutcome::begun;
    TRY(audit_.read(store_, entry_));
    entry_.outcome = AuditOutcome::done;
    return sink_.begin(schema);
  }
  Result<void> rows(const query::Batch& batch) override {
    entry_.rows += batch.rows();
    return sink_.rows(batch);
  }
  Result<void> end() override {
    TRY(audit_.read(store_, entry_));
    return sink_.end();
  }

 private:
  const OwnAudit& audit_;
  engine::Store& store_;
  const query::Told told_;
  query::ResultSink& sink_;
  AuditEntry entry_;
};

}  // namespace

OwnAudit::OwnAudit(const Invocation& invocation) {
  const std::string word = invocation.text("audit");
  how_ = word == "off" ? How::off : word == "deferred" ? How::deferred : word == "on" ? How::on : How::writes;
}

std::optional<AuditEntry> OwnAudit::of_change(Act act, std::string text) const {
  if (how_ == How::off) return std::nullopt;
  return own_act(act, std::move(text));
}

Result<void> OwnAudit::changed(engine::Store& store, Act act, std::string text) const {
  const auto entry = of_change(act, std::move(text));
  if (entry) TRY(store.audit({&*entry, 1}));
  return {};
}

Result<void> OwnAudit::read(engine::Store& store, AuditEntry entry) const {
  if (!reads()) return {};
  TRY(store.audit({&entry, 1}, how_ == How::on ? engine::AuditWait::durable : engine::AuditWait::later));
  return {};
}

std::unique_ptr<query::ResultSink> OwnAudit::watching(engine::Store& store, query::Told told,
                                                      query::ResultSink& sink) const {
  return std::make_unique<WatchingSink>(*this, store, std::move(told), sink);
}

std::string own_name() {
  const uid_t id = ::geteuid();
  const passwd* who = ::getpwuid(id);
  return who != nullptr && who->pw_name != nullptr ? who->pw_name : "user " + std::to_string(id);
}

AuditEntry own_act(Act act, std::string text) {
  AuditEntry entry;
  entry.act = act, entry.who = own_name(), entry.role = "operator", entry.purpose = "operation";
  entry.text = std::move(text);
  return entry;
}

std::string flags_given(const Invocation& invocation) {
  std::string text;
  for (const Option* option : invocation.command().options) {
    const Setting& setting = invocation.setting(option->name);
    if (setting.origin != "flag" || option->name == "store" || option->name == "audit") continue;
    for (const std::string& value : setting.values)
      text.append(text.empty() ? "--" : " --").append(option->name).append(option->takes == Takes::nothing ? "" : " " + value);
  }
  return text;
}

}  // namespace chartline::cli
