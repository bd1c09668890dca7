using Google.Protobuf;
using MetaService.Domain;
using MetaService.Domain.Audit;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Server.Access;
using MetaService.Server.Http;
using MetaService.Server.Limits;
using MetaService.Storage;

namespace MetaService.Server.Rpc;

/// <summary>An RPC that this service offers, as gRPC and as JSON alike.</summary>
public abstract class RpcMethod(string name, Scopes scope)
{
    /// <summary>Its name on the wire.</summary>
    public string Name { get; } = name;

    /// <summary>What a caller must be allowed.</summary>
    public Scopes Scope { get; } = scope;

    /// <summary>Hands itself to a visitor with its types.</summary>
    public abstract void Accept(IRpcMethodVisitor visitor);
}

/// <summary>Does something with an RPC for which its types must be known.</summary>
public interface IRpcMethodVisitor
{
    void Visit<TRequest, TResponse>(RpcMethod<TRequest, TResponse> method)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new();
}

/// <summary>An RPC with its types. It never throws for a refusal: the outcome is in the response's <c>status</c>.</summary>
public sealed class RpcMethod<TRequest, TResponse>(
    string name,
    Scopes scope,
    Func<TRequest, ChangeOrigin, CancellationToken, Task<TResponse>> call,
    LoadControl load,
    ILogger log)
    : RpcMethod(name, scope)
    where TRequest : class, IMessage<TRequest>, new()
    where TResponse : class, IMessage<TResponse>, new()
{
    private static readonly Func<TResponse, MetaServiceResponseStatus?> GetStatus = typeof(TResponse).GetProperty("Status")!
        .GetMethod!.CreateDelegate<Func<TResponse, MetaServiceResponseStatus?>>();

    private static readonly Action<TResponse, MetaServiceResponseStatus> SetStatus = typeof(TResponse).GetProperty("Status")!
        .SetMethod!.CreateDelegate<Action<TResponse, MetaServiceResponseStatus>>();

    private static readonly bool MayHoldSecrets = SecretFields.MayHold(new TResponse().Descriptor);

    public override void Accept(IRpcMethodVisitor visitor) => visitor.Visit(this);

    /// <summary>The outcome that a response carries.</summary>
    public MetaServiceResponseStatus StatusOf(TResponse response) =>
        GetStatus(response) ?? throw new InvalidOperationException($"{Name} answered without a status");

    /// <summary>
    /// Runs the call and puts its outcome into the response; secrets are masked for callers who may not see them.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public Task<TResponse> InvokeAsync(
        RequestState state, ChangeOrigin origin, TRequest request, CancellationToken cancellationToken) =>
        InvokeAsync(state, origin, _ => ValueTask.FromResult(request), cancellationToken);

    /// <summary>The same for a request that has yet to be read; if it is refused, that is the outcome.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    /// <exception cref="BadHttpRequestException">The caller does not keep to HTTP.</exception>
    public async Task<TResponse> InvokeAsync(
        RequestState state,
        ChangeOrigin origin,
        Func<CancellationToken, ValueTask<TRequest>> read,
        CancellationToken cancellationToken)
    {
        var response = await AnswerAsync(state, origin, read, cancellationToken).ConfigureAwait(false);
        var status = StatusOf(response);
        if (status.Code != MetaServiceCode.Ok)
        {
            state.Code = RpcCode.NameOf(status.Code);
        }

        return MayHoldSecrets && !state.ShowsSecrets ? SecretFields.MaskedForSending(response) : response;
    }

    /// <summary>The response with its outcome set.</summary>
    public TResponse WithStatus(TResponse response, MetaServiceResponseStatus status)
    {
        SetStatus(response, status);
        return response;
    }

    private async Task<TResponse> AnswerAsync(
        RequestState state,
        ChangeOrigin origin,
        Func<CancellationToken, ValueTask<TRequest>> read,
        CancellationToken cancellationToken)
    {
        try
        {
            var request = await read(cancellationToken).ConfigureAwait(false);
            var (instanceId, node) = (CallTarget<TRequest>.InstanceId(request), CallTarget<TRequest>.CloudUniqueId(request));
            var admittance = await load.EnterAsync(state, Name, instanceId, node, cancellationToken).ConfigureAwait(false);
            if (admittance != Admittance.Admitted)
            {
                return WithStatus(new TResponse(), RpcCode.StatusOf(admittance));
            }

            var response = await call(request, origin, cancellationToken).ConfigureAwait(false);
            return GetStatus(response) is null ? WithStatus(response, MetaServiceCode.Ok, "") : response;
        }
        catch (MetaServiceException e)
        {
            return WithStatus(e.PartialResponse as TResponse ?? new TResponse(), e.Code, e.Message);
        }
        catch (KvException e) when (e.Error != KvError.InvalidOperation)
        {
            return WithStatus(new TResponse(), RpcCode.Of(e.Error), RpcCode.Message(e));
        }
        catch (Exception e) when (e is not (BadHttpRequestException or OperationCanceledException))
        {
            return WithStatus(new TResponse(), MetaServiceCode.UndefinedErr, Defect(e));
        }
        finally
        {
            state.Release();
        }
    }

    private TResponse WithStatus(TResponse response, MetaServiceCode code, string message) =>
        WithStatus(response, new MetaServiceResponseStatus { Code = code, Msg = message });

    private string Defect(Exception e)
    {
        // The message of an exception may quote what the client sent, so only its type and place are logged.
        var id = Guid.NewGuid().ToString("N");
        log.LogError("RPC {Name} failed, {ErrorId}: {Type}\n{Stack}", Name, id, e.GetType().FullName, e.StackTrace);
        return $"internal error: please report it with error id {id}";
    }
}
