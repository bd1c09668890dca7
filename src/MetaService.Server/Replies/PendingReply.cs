using MetaService.Security;
using MetaService.Server.Http;
using MetaService.Storage;

namespace MetaService.Server.Replies;

/// <summary>A reply that is being made and will be kept.</summary>
public sealed class PendingReply
{
    private readonly ReadyReplies _replies;
    private readonly byte[] _key;
    private readonly RequestState _state;
    private readonly SecretKeyring _keyring;

    internal PendingReply(ReadyReplies replies, byte[] key, RequestState state, SecretKeyring keyring)
    {
        _replies = replies;
        _key = key;
        _state = state;
        _keyring = keyring;
    }

    /// <summary>To be told of all that the reply is made from.</summary>
    public ReadTrace Trace { get; } = new();

    /// <summary>Keeps the reply, if its trace tells all that it was made from.</summary>
    public void Keep(byte[] body)
    {
        if (Trace.Places is { } places)
        {
            _replies.Keep(_key, new ReadyReply(body, _state.InstanceId, Trace.Version, places, _keyring));
        }
    }
}
