using System.Collections.Concurrent;
using MetaService.Domain.Secrets;
using MetaService.Server.Http;
using MetaService.Server.Settings;
using MetaService.Storage;

namespace MetaService.Server.Replies;

/// <summary>
/// Replies to reads, kept in a bounded amount of memory and given out only while they are what the store would answer. On a store
/// that other processes write to there is nothing to tell that by, and nothing is kept.
/// </summary>
/// <remarks>
/// Two generations: a reply enters the young one, and moves there again when it is used. When the young one has half of the
/// memory it becomes the old one, and what was in the old one and has not been used since is gone.
/// What is asked for the first time is not kept: reads of all of a large store would fill the memory with what nobody asks for
/// twice, and keep the garbage collector busy with its removal.
/// </remarks>
public sealed class ReadyReplies
{
    // A reply that takes a sixteenth of the memory would push many others out.
    private const int LargestShare = 16;

    // Requests that are remembered for having been made once; a power of two, and about as many as there is room for replies:
    // else reads all over a large store would find theirs there and fill the memory.
    private const int AskedSlots = 1 << 11;

    private readonly WriteStamps? _stamps;
    private readonly SecretKeys _keys;
    private readonly long _bytes;

    // The hash of the last request of each slot.
    private readonly int[] _asked = new int[AskedSlots];
    private Generations _current = new(new Generation(), new Generation());

    public ReadyReplies(IKvStore store, SecretKeys keys, LimitOptions limits)
    {
        _stamps = limits.ReplyCacheBytes > 0 ? store.WriteStamps : null;
        _keys = keys;
        _bytes = limits.ReplyCacheBytes;
    }

    /// <summary>Whether any reply is kept at all.</summary>
    public bool IsOn => _stamps is not null;

    /// <summary>Bytes that are taken now, about.</summary>
    public long Bytes => _current.Young.Bytes + _current.Old.Bytes;

    /// <summary>Replies that are kept now.</summary>
    public int Count => _current.Young.Count + _current.Old.Count;

    /// <summary>Begins to make a reply that may be kept; null when it may not.</summary>
    internal PendingReply? Begin(RequestState state) =>
        _stamps is not null && state.ReplyKey is { } key && WasAsked(key)
            ? new PendingReply(this, key, state, _keys.Keyring)
            : null;

    /// <summary>The reply under a key, if it is still right. Takes no lock.</summary>
    internal ReadyReply? Find(ReadOnlySpan<byte> key)
    {
        var current = Volatile.Read(ref _current);
        if (current.Young.Find(key) is { } young)
        {
            return IsCurrent(young) ? young : null;
        }

        if (current.Old.Find(key) is not { } old || !IsCurrent(old))
        {
            return null;
        }

        Keep(key.ToArray(), old);
        return old;
    }

    /// <summary>Keeps a reply, in the place of an older one if there is one.</summary>
    internal void Keep(byte[] key, ReadyReply reply)
    {
        var size = reply.SizeWith(key);
        if (size > _bytes / LargestShare)
        {
            return;
        }

        var current = Volatile.Read(ref _current);
        if (current.Young.Bytes + size > _bytes / 2)
        {
            // Only one of several that meet here makes the change; the others find it made.
            var next = new Generations(new Generation(), current.Young);
            current = Interlocked.CompareExchange(ref _current, next, current) == current ? next : Volatile.Read(ref _current);
        }

        current.Young.Put(key, reply);
    }

    /// <summary>
    /// Whether the request was made lately; from now on it was. Rivals may forget each other's, which costs a reading.
    /// </summary>
    private bool WasAsked(byte[] key)
    {
        var hash = ReplyKey.Comparer.Instance.GetHashCode(key);
        ref var slot = ref _asked[hash & (AskedSlots - 1)];
        if (slot == hash)
        {
            return true;
        }

        slot = hash;
        return false;
    }

    private bool IsCurrent(ReadyReply reply) => reply.IsCurrent(_stamps!, _keys.Keyring);

    private sealed record Generations(Generation Young, Generation Old);

    private sealed class Generation
    {
        private readonly ConcurrentDictionary<byte[], ReadyReply> _replies = new(ReplyKey.Comparer.Instance);
        private readonly ConcurrentDictionary<byte[], ReadyReply>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;
        private long _bytes;

        public Generation() => _bySpan = _replies.GetAlternateLookup<ReadOnlySpan<byte>>();

        public long Bytes => Interlocked.Read(ref _bytes);

        public int Count => _replies.Count;

        public ReadyReply? Find(ReadOnlySpan<byte> key) => _bySpan.TryGetValue(key, out var reply) ? reply : null;

        public void Put(byte[] key, ReadyReply reply)
        {
            if (_replies.TryAdd(key, reply))
            {
                Interlocked.Add(ref _bytes, reply.SizeWith(key));
            }
            else if (_replies.TryGetValue(key, out var before) && before.Version <= reply.Version &&
                _replies.TryUpdate(key, reply, before))
            {
                Interlocked.Add(ref _bytes, reply.SizeWith(key) - before.SizeWith(key));
            }
        }
    }
}
