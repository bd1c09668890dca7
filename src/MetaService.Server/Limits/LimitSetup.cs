using MetaService.Server.Hosting;
using MetaService.Server.Http;
using MetaService.Server.Settings;

namespace MetaService.Server.Limits;

/// <summary>Registers what keeps the load within limits.</summary>
public static class LimitSetup
{
    public static void AddLoadLimits(this IServiceCollection services, LimitOptions limits)
    {
        services.AddSingleton(limits);
        services.AddSingleton(_ => new Admission(limits.EffectiveConcurrency, limits.EffectiveQueue, limits.QueueTimeout));
        services.AddSingleton(provider => new RateLimits(limits, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<NodeInstances>().AddSingleton<LoadControl>();
        services.AddSingleton<RequestBody>().AddSingleton<ConnectionCounter>();
    }
}
