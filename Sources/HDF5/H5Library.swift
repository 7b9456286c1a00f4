internal import CHDF5
import Glibc

/// The one way into libhdf5: a lock around every call, and silence on its own error printing.
///
/// The lock is recursive, since closing a handle may happen inside another call.
enum H5Library {
  private nonisolated(unsafe) static let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
    let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
    pthread_mutex_init(mutex, &attributes)
    pthread_mutexattr_destroy(&attributes)
    return mutex
  }()

  static func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    // A library built for threads keeps this setting a thread, so it is made on every entry.
    H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
    return try body()
  }

  /// What the library says about its last failure, outermost message first. To be read before any other call.
  static func errorText() -> String {
    final class Messages { var list: [String] = [] }
    let messages = Messages()
    let collect: H5E_walk2_t = { _, record, context in
      guard let record, let context, let text = record.pointee.desc else { return 0 }
      let messages = Unmanaged<Messages>.fromOpaque(context).takeUnretainedValue()
      let message = String(cString: text)
      if messages.list.last != message { messages.list.append(message) }
      return 0
    }
    H5Ewalk2(hid_t(H5E_DEFAULT), H5E_WALK_DOWNWARD, collect, Unmanaged.passUnretained(messages).toOpaque())
    H5Eclear2(hid_t(H5E_DEFAULT))
    return messages.list.isEmpty ? "no reason given" : messages.list.joined(separator: ": ")
  }
}

/// An id of the library that is closed when nobody needs it any more.
final class Handle {
  let id: hid_t
  private let close: (hid_t) -> herr_t
  private var isOpen = true

  /// Takes over an id that a call has just returned; nil where the call failed.
  init?(_ id: hid_t, _ close: @escaping (hid_t) -> herr_t) {
    guard id >= 0 else { return nil }
    self.id = id
    self.close = close
  }

  /// Closes now and says whether that worked.
  func closeNow() -> Bool {
    H5Library.locked {
      guard isOpen else { return true }
      isOpen = false
      return close(id) >= 0
    }
  }

  deinit { _ = closeNow() }
}

/// The file an object belongs to: its name for messages, its size as the bound for what it may claim.
final class FileContext {
  let name: String
  let size: Int
  let handle: Handle

  init(name: String, size: Int, handle: Handle) {
    self.name = name
    self.size = size
    self.handle = handle
  }
}
