using MetaService.Domain;
using MetaService.Domain.Instances;
using MetaService.Server.Http;

namespace MetaService.Server.Limits;

/// <summary>Whether a call may work now.</summary>
public enum Admittance
{
    /// <summary>It may, and has taken a place that its <see cref="RequestState"/> gives back.</summary>
    Admitted,

    /// <summary>There are more calls of its kind or on its instance than the limit says.</summary>
    RateExceeded,

    /// <summary>Too many calls work and wait already, on whatever instance.</summary>
    Overloaded,
}

/// <summary>
/// What every call passes between being read and doing its work: rate limits, then the limit on calls at a time. Reading a body
/// and writing a reply, in which a client sets the pace, lie outside.
/// </summary>
public sealed class LoadControl(Admission admission, RateLimits rates, NodeInstances nodes, RefusalPace pace)
{
    /// <summary>Seconds after which a refused caller is told to try again.</summary>
    public const string RetryAfter = "1";

    /// <summary>Whether a call is refused before anything is read of it.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public ValueTask<bool> RefusesAsync(CancellationToken cancellationToken) =>
        admission.IsFull ? new ValueTask<bool>(RefuseAsync(cancellationToken)) : ValueTask.FromResult(false);

    /// <summary>What a refused caller is told.</summary>
    public static string Message(Admittance refusal) => refusal == Admittance.RateExceeded
        ? "reach max qps limit of this call on this instance: try again in a second; list_rate_limit shows the limits"
        : "the server has too many calls at a time, nothing was done: try again in a second";

    /// <summary>
    /// Waits until it is time to refuse somebody, for whatever reason: who guesses tokens is slowed down like who does not heed
    /// Retry-After.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public ValueTask PaceAsync(CancellationToken cancellationToken) => pace.WaitAsync(cancellationToken);

    /// <summary>Makes an endpoint or RPC known to the rate limits.</summary>
    public void Register(string name) => rates.Register(name);

    /// <summary>Counts the call and takes a place for it, if there is one.</summary>
    /// <param name="state">Its request, which is told the instance and holds the place.</param>
    /// <param name="name">The endpoint or RPC.</param>
    /// <param name="instanceId">The instance that it names, if any.</param>
    /// <param name="cloudUniqueId">The node whose instance it is about, if it does not name one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public ValueTask<Admittance> EnterAsync(
        RequestState state, string name, string? instanceId, string? cloudUniqueId, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(instanceId) && !string.IsNullOrEmpty(cloudUniqueId))
        {
            instanceId = InstanceResolver.DirectInstance(cloudUniqueId);
            if (instanceId is null && rates.IsAdjusted && cloudUniqueId.Length <= Check.CloudUniqueIdLength)
            {
                return new ValueTask<Admittance>(EnterByNodeAsync(state, name, cloudUniqueId, cancellationToken));
            }
        }

        return EnterAsync(state, name, instanceId, cancellationToken);
    }

    /// <summary>
    /// Counts a call that does no work and so needs no place; false when that is not all there is to it: it is over a limit, or
    /// which instance it counts for has to be looked up first.
    /// </summary>
    public bool TryCount(string name, string? instanceId) =>
        instanceId is null ? !rates.IsAdjusted : rates.TryTake(name, instanceId);

    private async Task<bool> RefuseAsync(CancellationToken cancellationToken)
    {
        await pace.WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task<Admittance> RefuseAsync(Admittance refusal, CancellationToken cancellationToken)
    {
        await pace.WaitAsync(cancellationToken).ConfigureAwait(false);
        return refusal;
    }

    private async Task<Admittance> EnterByNodeAsync(
        RequestState state, string name, string cloudUniqueId, CancellationToken cancellationToken)
    {
        var instanceId = await nodes.FindAsync(cloudUniqueId, cancellationToken).ConfigureAwait(false);
        return await EnterAsync(state, name, instanceId, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<Admittance> EnterAsync(
        RequestState state, string name, string? instanceId, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrEmpty(instanceId))
        {
            // A name that is too long is no instance's: the call refuses it by itself.
            var isName = instanceId.Length <= Check.NameLength;
            state.InstanceId = isName ? instanceId : "(too long)";
            if (isName && !rates.TryTake(name, instanceId))
            {
                return new ValueTask<Admittance>(RefuseAsync(Admittance.RateExceeded, cancellationToken));
            }
        }

        var entering = admission.EnterAsync(cancellationToken);
        if (entering is not { IsCompletedSuccessfully: true, Result: true })
        {
            return new ValueTask<Admittance>(WaitAsync(state, entering, cancellationToken));
        }

        state.Hold(admission);
        return ValueTask.FromResult(Admittance.Admitted);
    }

    private async Task<Admittance> WaitAsync(RequestState state, ValueTask<bool> entering, CancellationToken cancellationToken)
    {
        if (!await entering.ConfigureAwait(false))
        {
            return await RefuseAsync(Admittance.Overloaded, cancellationToken).ConfigureAwait(false);
        }

        state.Hold(admission);
        return Admittance.Admitted;
    }
}
