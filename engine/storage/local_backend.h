// The backend of one machine: a store is a folder.
//
//   FOLDER/catalogue/NAME      one line "chartline-catalogue 1 <hash of the value, 16 hex digits>", then the value
//   FOLDER/catalogue.lock      held while an entry is set
//   FOLDER/shard-0000/         the shard's database
//   FOLDER/shard-0000.lock     held by the process that has the shard open; says which process that is
//   FOLDER/shard-0000.epoch    the latest epoch that was given out
//   FOLDER/shard-0000.NAME.note   see notes.h
//   FOLDER/scratch/PROCESS-N/  temporary files, beside PROCESS-N.lock; swept when their process is gone
#pragma once

#include <memory>
#include <string>

#include "engine/storage/backend.h"

namespace rocksdb {
class Env;
}

namespace chartline::engine {

// local_backend (backend.h) on files that fail: `env` is what the databases of the shards are opened with.
Result<std::unique_ptr<Backend>> local_backend(const std::string& folder, bool create, std::shared_ptr<rocksdb::Env> env);

// Where a shard's database lies in the folder of a store: for those who copy whole ones.
std::string local_shard_folder(const std::string& folder, std::uint32_t shard);

}  // namespace chartline::engine
