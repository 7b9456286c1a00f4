internal import CHDF5
import Glibc

/// The one way into libhdf5: a lock around every call, and silence on its own error printing.
///
/// The lock is recursive, since closing a handle may happen inside another call.
enum H5Library {
  private nonisolated(unsafe) static let mutex: UnsafeMutablePointer<pthread_mutex_t> = {
    // Before anything else: at the program's end the library would try again to write a file that could not be written.
    H5dont_atexit()
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

/// Whether a file that is being written can still be: after the first failure it is left alone.
///
/// The library cannot close a file that it cannot write to, and crashes where it tries twice. So all ids of such a file
/// are given up: they take a little memory until the program ends.
final class FileLife {
  private(set) var failure: String?

  /// Gives the file up.
  func abandon(_ reason: String) { failure = failure ?? reason }
}

/// An id of the library that is closed when nobody needs it any more.
final class Handle {
  let id: hid_t
  private let close: (hid_t) -> herr_t
  private let life: FileLife?
  private var isOpen = true

  /// Takes over an id that a call has just returned; nil where the call failed.
  /// - Parameter life: of the file that the id belongs to, where it is more than a description.
  init?(_ id: hid_t, _ close: @escaping (hid_t) -> herr_t, of life: FileLife? = nil) {
    guard id >= 0 else { return nil }
    self.id = id
    self.close = close
    self.life = life
  }

  /// Closes now, which may be when the library writes; a failure is noted in the file's life.
  func closeNow() {
    H5Library.locked {
      guard isOpen, life?.failure == nil else { return }
      isOpen = false
      if close(id) < 0 { life?.abandon(H5Library.errorText()) }
    }
  }

  deinit { closeNow() }
}
