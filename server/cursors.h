// Cursors: where readings of timelines stand, for those who come back. Each keeps a moment of the store alive, so that there are
// few, and not for long. A cursor is a secret: random, and good for the user to whom it was given alone.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "engine/view.h"
#include "formats/wire/events_writer.h"

namespace chartline::server {

// A timeline being read, page by page.
struct Reading {
  engine::View view;
  engine::PatientRef patient;
  engine::TimelineFilter filter;  // its cursor says where the next page begins
  wire::WithDetails details;
  std::shared_ptr<record::Arena> words;  // what the filter borrows
};

class Cursors {
 public:
  // So many of all users, and of each: beyond it the oldest, of all or of that user, give way.
  Cursors(std::size_t most, std::size_t most_of_user, std::uint32_t seconds, Clock& clock);

  std::string keep(const std::string& user, Reading reading);
  // not_found where there is none, it is another user's, or it has expired.
  Result<Reading> find(const std::string& user, const std::string& cursor);
  void drop_expired();
  void clear();
  std::size_t size() const;

 private:
  struct Kept {
    std::string user;
    Reading reading;
    Micros until;
    std::list<std::string>::iterator age;
  };
  void drop_expired(Micros now);  // the lock is held

  void forget(std::list<std::string>::iterator oldest);

  const std::size_t most_, most_of_user_;
  const Micros lasts_;
  Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Kept> kept_;
  std::list<std::string> oldest_first_;
  std::map<std::string, std::size_t> of_user_;
};

}  // namespace chartline::server
