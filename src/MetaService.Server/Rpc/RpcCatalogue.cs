using System.Collections;
using Google.Protobuf;
using MetaService.Domain.Audit;
using MetaService.Server.Access;
using MetaService.Server.Limits;

namespace MetaService.Server.Rpc;

/// <summary>The RPCs that this service offers, each declared once for gRPC and JSON.</summary>
public sealed class RpcCatalogue(LoadControl load, ILogger<RpcCatalogue> log) : IEnumerable<RpcMethod>
{
    private readonly List<RpcMethod> _methods = [];

    /// <summary>Offers an RPC to callers with a scope.</summary>
    public void Add<TRequest, TResponse>(string name, Scopes scope, Func<TRequest, CancellationToken, Task<TResponse>> call)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        Add<TRequest, TResponse>(name, scope, (request, _, token) => call(request, token));

    /// <summary>Offers an RPC whose changes are audited.</summary>
    public void Add<TRequest, TResponse>(
        string name, Scopes scope, Func<TRequest, ChangeOrigin, CancellationToken, Task<TResponse>> call)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        load.Register(name);
        _methods.Add(new RpcMethod<TRequest, TResponse>(name, scope, call, load, log));
    }

    /// <summary>Offers an RPC whose changes are audited and whose response holds nothing but its status.</summary>
    public void Add<TRequest, TResponse>(string name, Scopes scope, Func<TRequest, ChangeOrigin, CancellationToken, Task> call)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        Add<TRequest, TResponse>(name, scope, async (request, origin, token) =>
        {
            await call(request, origin, token).ConfigureAwait(false);
            return new TResponse();
        });

    /// <summary>The RPC with a name.</summary>
    public RpcMethod<TRequest, TResponse> Get<TRequest, TResponse>(string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        (RpcMethod<TRequest, TResponse>)_methods.Single(m => m.Name == name);

    public IEnumerator<RpcMethod> GetEnumerator() => _methods.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
