using MetaService.Server.Hosting;
using MetaService.Server.Http;
using MetaService.Server.Settings;

namespace MetaService.Server.Limits;

/// <summary>Registers what keeps the load within limits.</summary>
public static class LimitSetup
{
    // One takes about 50 microseconds of a processor, so that refusing takes at most a twentieth of its time.
    private const int RefusalsPerProcessor = 1000;

    public static void AddLoadLimits(this IServiceCollection services, LimitOptions limits)
    {
        services.AddSingleton(limits);
        services.AddSingleton(provider => new Admission(limits.Admission(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new RateLimits(limits, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new RefusalPace(
            RefusalsPerProcessor * Environment.ProcessorCount, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<NodeInstances>().AddSingleton<LoadControl>();
        services.AddSingleton<RequestBody>().AddSingleton<ConnectionCounter>();
    }
}
